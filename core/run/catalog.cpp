#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/run/catalog.hpp"
#include "core/run/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace assay {
namespace {

std::vector<fs::path> search_folders() {
  std::vector<fs::path> out;
  const char* variable = std::getenv("ASSAY_PLUGIN_PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) out.push_back(fs::absolute(std::string(rest.substr(0, colon))));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error)
    out.push_back(program.parent_path().parent_path() / "lib/assay" /
                  std::to_string(ASSAY_ABI_MAJOR));
  return out;
}

}  // namespace

PluginCatalog::PluginCatalog(const std::vector<fs::path>& files, fs::path cache)
    : folders_(search_folders()), cache_(std::move(cache)) {
  for (const auto& file : files) {
    std::error_code error;
    if (!fs::is_regular_file(file, error))
      throw BadInput("E030", fmt::format("there is no plugin {}", file.string()));
    if (file.extension() != ".so" || !valid_name(file.stem().string()))
      throw BadInput("E030", fmt::format("the plugin {} is not named NAME.so", file.string()),
                     "a plugin's name is its file's name: [a-z][a-z0-9_]{0,62}");
    files_.emplace(file.stem().string(), fs::absolute(file));
  }
  for (const auto& folder : folders_) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const auto& file = entry.path();
      if (file.extension() == ".so" && valid_name(file.stem().string()))
        files_.emplace(file.stem().string(), file);
    }
  }
}

std::vector<std::string> PluginCatalog::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : files_) out.push_back(name);
  return out;
}

fs::path PluginCatalog::path(const std::string& name) const {
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  std::vector<std::string> searched;
  for (const auto& folder : folders_) searched.push_back(folder.string());
  const auto known = names();
  throw BadInput("E030",
                 fmt::format("no plugin \"{}\"; found: {} (searched: {})", printable(name),
                             known.empty() ? "none" : join(known, ", "), join(searched, ", ")),
                 did_you_mean(name, known));
}

const PluginSchema& PluginCatalog::schema(const std::string& name) {
  const auto found = schemas_.find(name);
  if (found != schemas_.end()) return found->second;
  return schemas_.emplace(name, probe(path(name), cache_)).first->second;
}

}  // namespace assay
