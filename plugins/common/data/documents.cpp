// Which files are read, and as what.
#include "plugins/common/data/document_formats.hpp"
#include "plugins/common/data/documents.hpp"
#include "plugins/common/data/wndb.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace assay::data {
namespace {
namespace fs = std::filesystem;

struct Suffix {
  const char* suffix;
  Format format;
};
constexpr std::array<Suffix, 18> kSuffixes = {{{".json", Format::json},
                                               {".jsonl", Format::json},
                                               {".ndjson", Format::json},
                                               {".csv", Format::csv},
                                               {".tsv", Format::tsv},
                                               {".html", Format::html},
                                               {".htm", Format::html},
                                               {".xhtml", Format::html},
                                               {".eml", Format::mail},
                                               {".index", Format::dictd},
                                               {".txt", Format::text},
                                               {".text", Format::text},
                                               {".md", Format::text},
                                               {".rst", Format::text},
                                               {".pod", Format::text},
                                               {".py", Format::text},
                                               {".tab", Format::tsv},
                                               {".jsonlines", Format::json}}};

/// The suffix, after that of a packed file.
std::string suffix_of(const fs::path& path) {
  fs::path name = path.filename();
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  return name.extension().string();
}

std::optional<Format> known_format(const fs::path& path) {
  if (is_wordnet(path.filename().string())) return Format::wordnet;
  const std::string suffix = suffix_of(path);
  for (const auto& [known, format] : kSuffixes)
    if (suffix == known) return format;
  return std::nullopt;
}

/// Of a file that is named alone, and not found in a folder.
Format format_of(const fs::path& path) {
  if (path.extension() == ".dz" || path.extension() == ".dict") return Format::dictd;
  return known_format(path).value_or(Format::text);
}

bool wanted(const fs::path& path, const DocumentOptions& options) {
  if (!options.suffixes.empty())
    return std::count(options.suffixes.begin(), options.suffixes.end(), suffix_of(path)) > 0;
  return known_format(path).has_value() &&
         (options.format == Format::by_suffix || options.format == known_format(path));
}

/// The files of a folder, by path; a file alone is itself.
std::vector<fs::path> files_at(const fs::path& path, const DocumentOptions& options) {
  std::error_code error;
  if (!fs::exists(path, error)) malformed(path.string(), "does not exist");
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
       at.increment(error))
    if (at->is_regular_file(error) && wanted(at->path(), options)) files.push_back(at->path());
  if (error) malformed(path.string(), "cannot be listed: " + error.message());
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::string known;
    for (const auto& suffix : options.suffixes)
      known += (known.empty() ? "" : ", ") + (suffix.empty() ? std::string("none") : suffix);
    if (options.suffixes.empty())
      for (const auto& [suffix, format] : kSuffixes)
        if (options.format == Format::by_suffix || options.format == format)
          known += (known.empty() ? "" : " ") + std::string(suffix);
    malformed(path.string(), "has no file with one of the suffixes " + known);
  }
  return files;
}

bool read_file(const fs::path& path, const std::string& name, const DocumentOptions& options,
               const Visit& visit) {
  DocumentOptions own = options;
  if (own.format == Format::by_suffix) own.format = format_of(path);
  switch (own.format) {
    case Format::html: return documents_of_html(path.string(), name, own, visit);
    case Format::mail: return documents_of_mail(path.string(), name, own, visit);
    case Format::dictd: return documents_of_dictionary(path.string(), name, own, visit);
    case Format::wordnet: return documents_of_wordnet(path.string(), name, own, visit);
    default: break;
  }
  TextSource text(path.string(), options.encoding, options.replace_invalid);
  const DocumentFile file{text, name};
  switch (own.format) {
    case Format::json: return documents_of_json(file, own, visit);
    case Format::csv:
    case Format::tsv: return documents_of_table(file, own, visit);
    default: return documents_of_text(file, own, visit);
  }
}
}  // namespace

void for_each_document(const std::string& path, const DocumentOptions& options,
                       const std::function<bool(Document&)>& visit) {
  if (options.text.empty())
    throw std::invalid_argument("documents need the name of the field that holds their text");
  const fs::path root = path;
  std::error_code error;
  const bool folder = fs::is_directory(root, error);
  bool any = false;
  const Visit counted = [&](Document& document) { return any = true, visit(document); };
  for (const auto& file : files_at(root, options)) {
    const std::string name =
        folder ? file.lexically_relative(root).generic_string() : file.filename().string();
    if (!read_file(file, name, options, counted)) return;
  }
  if (!any) malformed(path, "holds no documents");
}

std::vector<Document> read_documents(const std::string& path, const DocumentOptions& options) {
  std::vector<Document> documents;
  for_each_document(path, options, [&](Document& document) {
    documents.push_back(std::move(document));
    return true;
  });
  return documents;
}

}  // namespace assay::data
