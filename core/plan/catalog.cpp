#include "core/base/sha256.hpp"
#include "core/plan/catalog.hpp"
#include "core/plan/fields.hpp"
#include "core/plan/toml_reader.hpp"

#include <algorithm>
#include <cstdlib>

namespace assay {
namespace {

bool safe_path(const std::string& path) {
  if (path.empty() || path.front() == '/') return false;
  for (const auto& part : fs::path(path))
    if (part == ".." || part.string().starts_with('.')) return false;
  return true;
}

bool hex_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void read_files(const Fields& entry, CatalogEntry& out, Findings& findings) {
  for (const Node* item : entry.tables("files")) {
    const Fields f(*item, "a file of " + entry.what(), findings);
    f.only({"path", "sha256", "bytes"});
    CatalogFile file;
    file.path = f.text("path");
    file.sha256 = f.text("sha256");
    file.bytes = f.whole("bytes", 0, 0);
    if (!safe_path(file.path))
      findings.error("E022", "\"path\" must be a path below the entry's folder", f.place("path"));
    if (!hex_digest(file.sha256))
      findings.error("E022", "\"sha256\" must be 64 hexadecimal digits", f.place("sha256"));
    out.files.push_back(std::move(file));
  }
}

void read_sources(const Fields& entry, CatalogEntry& out, Findings& findings) {
  for (const Node* item : entry.tables("sources")) {
    const Fields f(*item, "a source of " + entry.what(), findings);
    f.only({"kind", "package", "version", "member"});
    CatalogSource source;
    source.kind = f.choice("kind", {"deb", "pip", "npm", "local"}, "");
    source.package = f.text("package");
    source.version = f.text("version");
    source.member = f.text("member");
    f.require("kind");
    f.require("package");
    out.sources.push_back(std::move(source));
  }
}

}  // namespace

std::string CatalogEntry::tree_digest() const {
  if (files.empty()) return "";
  std::vector<std::string> lines;
  for (const auto& f : files) lines.push_back(f.path + '\0' + f.sha256 + '\n');
  std::sort(lines.begin(), lines.end());
  Sha256 hash;
  for (const auto& line : lines) hash.add(line);
  return hex(hash.digest());
}

int64_t CatalogEntry::bytes() const {
  int64_t total = 0;
  for (const auto& f : files) total += f.bytes;
  return total;
}

void Catalog::add(const Node& document, Findings& findings) {
  const Fields top(document, "the catalog", findings);
  top.only({"dataset", "model"});
  for (const std::string kind : {"dataset", "model"}) {
    const Node* table = top.table(kind);
    if (!table) continue;
    for (const auto& e : table->entries) {
      const Fields f(e.value, kind + " \"" + e.key + "\"", findings, e.place);
      if (!e.value.is_table()) continue;
      f.only({"title", "licence", "files", "sources"});
      CatalogEntry entry{kind, e.key, f.text("title"), f.text("licence"), {}, {}, e.place};
      if (!valid_label(e.key))
        findings.error("E022", "\"" + e.key + "\" is no name: " + label_rule(), e.place);
      read_files(f, entry, findings);
      read_sources(f, entry, findings);
      std::erase_if(entries_,
                    [&](const CatalogEntry& old) { return old.kind == kind && old.name == e.key; });
      entries_.push_back(std::move(entry));
    }
  }
}

void Catalog::read(const fs::path& path) {
  Findings findings;
  add(read_toml(path), findings);
  findings.raise();
}

const CatalogEntry* Catalog::find(const std::string& kind, const std::string& name) const {
  for (const auto& e : entries_)
    if (e.kind == kind && e.name == name) return &e;
  return nullptr;
}

std::vector<std::string> Catalog::names(const std::string& kind) const {
  std::vector<std::string> out;
  for (const auto& e : entries_)
    if (e.kind == kind) out.push_back(e.name);
  return out;
}

fs::path data_root() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const auto root = variable("ASSAY_DATA"); !root.empty()) return fs::absolute(root);
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "assay";
  return fs::path(variable("HOME")) / ".cache" / "assay";
}

fs::path dataset_folder(const std::string& name, const fs::path& root) {
  return root / "datasets" / name;
}
fs::path model_folder(const std::string& name, const fs::path& root) {
  return root / "models" / name;
}

}  // namespace assay
