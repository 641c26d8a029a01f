// Which plugins there are, and what each says of itself.
#pragma once
#include "core/base/files.hpp"
#include "core/plan/schema.hpp"

#include <map>
#include <string>
#include <vector>

namespace assay {

/// Plugins are found by name: in the files given, then in the folders of $ASSAY_PLUGIN_PATH, then
/// in ../lib/assay/0 beside the program. Never beside an experiment file: a stranger's folder must
/// not run code on `assay plan`. Listing loads nothing.
class PluginCatalog {
 public:
  /// `files`: of --plugin. `cache`: runs/.cache, or empty. Throws BadInput (E030) when one of
  /// `files` does not exist or is not named NAME.so.
  PluginCatalog(const std::vector<fs::path>& files, fs::path cache);

  std::vector<std::string> names() const;        // sorted
  fs::path path(const std::string& name) const;  // throws BadInput (E030) with the nearest name
  /// Probed the first time it is asked for.
  const PluginSchema& schema(const std::string& name);
  const std::vector<fs::path>& folders() const { return folders_; }

 private:
  std::map<std::string, fs::path> files_;
  std::map<std::string, PluginSchema> schemas_;
  std::vector<fs::path> folders_;
  fs::path cache_;
};

}  // namespace assay
