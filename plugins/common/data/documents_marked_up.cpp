// Documents from files that are one document (HTML, mail) or a dictionary of many.
#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/dictd.hpp"
#include "plugins/common/data/document_formats.hpp"
#include "plugins/common/data/html.hpp"
#include "plugins/common/data/mail.hpp"
#include "plugins/common/data/wndb.hpp"

#include <algorithm>
#include <filesystem>

namespace assay::data {
namespace {

std::string whole(TextSource& source) {
  std::string text;
  for (std::string_view piece; !(piece = source.next()).empty();) text += piece;
  return text;
}

/// An entry's text as UTF-8; `path` is that of the index.
std::string checked(const DictionaryEntry& entry, const std::string& path,
                    const DocumentOptions& options) {
  if (options.replace_invalid) return utf8_of(entry.text, options.encoding);
  if (is_utf8(options.encoding)) {
    const size_t good = valid_utf8(entry.text);
    if (good < entry.text.size())
      malformed_line(path, entry.line,
                     "names an entry with bytes that are no character in utf-8, at byte " +
                         std::to_string(entry.offset + good) + " of the dictionary");
    return std::string(entry.text);
  }
  const View bytes(reinterpret_cast<const uint8_t*>(entry.text.data()), entry.text.size());
  TextSource source(open_bytes(bytes, path), path, options.encoding);
  return whole(source);
}
}  // namespace

bool documents_of_html(const std::string& path, const std::string& name,
                       const DocumentOptions& options, const Visit& visit) {
  const Bytes bytes = read_bytes(path);
  TextSource source(open_bytes(bytes, path), path, html_encoding(as_text(bytes), options.encoding),
                    options.replace_invalid);
  HtmlText page = text_of_html(whole(source), path, options.keep_navigation);
  Document document;
  document.id = name;
  document.where = path + ":1";
  document.text = std::move(page.text);
  if (std::count(options.fields.begin(), options.fields.end(), "title") > 0)
    document.fields["title"] = std::move(page.title);
  return visit(document);
}

bool documents_of_mail(const std::string& path, const std::string& name,
                       const DocumentOptions& options, const Visit& visit) {
  const Bytes bytes = read_bytes(path);
  Mail mail = read_mail(as_text(bytes), path);
  Document document;
  document.id = name;
  document.where = path + ":1";
  document.text = options.drop_quoted ? without_quotes(mail.text) : std::move(mail.text);
  for (const auto& field : options.fields) {
    const std::string value = field == "date" ? mail.date : mail.header(field);
    if (!value.empty()) document.fields[field] = value;
  }
  return visit(document);
}

bool documents_of_dictionary(const std::string& path, const std::string& name,
                             const DocumentOptions& options, const Visit& visit) {
  namespace fs = std::filesystem;
  // NAME.index, NAME.dict or NAME.dict.dz: each stands for the pair.
  fs::path stem = path;
  while (stem.extension() == ".dz" || stem.extension() == ".dict" || stem.extension() == ".index")
    stem.replace_extension();
  const std::string index_path = stem.string() + ".index";
  std::string dictionary_path = stem.string() + ".dict.dz";
  if (!fs::exists(dictionary_path)) dictionary_path = stem.string() + ".dict";
  if (!fs::exists(dictionary_path))
    malformed(index_path,
              "has no dictionary beside it, " + stem.filename().string() + ".dict.dz or .dict");
  const Bytes index = read_bytes(index_path), dictionary = read_bytes(dictionary_path);
  return for_each_entry(as_text(index), index_path, dictionary, [&](const DictionaryEntry& entry) {
    Document document;
    document.id = std::string(entry.word);
    document.where = index_path + ":" + std::to_string(entry.line);
    document.group = fs::path(name).stem().string();
    document.text = checked(entry, index_path, options);
    return visit(document);
  });
}

bool documents_of_wordnet(const std::string& path, const std::string& name, const DocumentOptions&,
                          const Visit& visit) {
  const Bytes bytes = read_bytes(path);
  return for_each_synset(bytes, path, [&](const Synset& synset) {
    Document document;
    for (const auto& word : synset.words(path))
      document.text += (document.text.empty() ? "" : ", ") + word;
    document.text += ": ";
    document.text += synset.gloss;
    document.id = name + ":" + std::to_string(synset.line);
    document.group = lexicographer_file_name(synset.file);
    document.where = path + ":" + std::to_string(synset.line);
    return visit(document);
  });
}

}  // namespace assay::data
