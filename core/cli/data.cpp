// assay data list, assay data fetch: data sets and models of the catalog.
#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/fetch.hpp"
#include "core/cli/workspace.hpp"

#include <fmt/format.h>

namespace assay::cli {
namespace {

fs::path folder_of(const CatalogEntry& entry) {
  return entry.kind == "model" ? model_folder(entry.name) : dataset_folder(entry.name);
}

const CatalogEntry& find(const Catalog& catalog, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& entry : catalog.entries()) {
    if (entry.name == name) return entry;
    known.push_back(entry.name);
  }
  const std::string near = did_you_mean(name, known);
  throw BadInput("E150", fmt::format("the catalog has no data set or model \"{}\"", name),
                 (near.empty() ? "" : near + " ") + "there are: " + join(known, ", "));
}

void fetch_one(const CatalogEntry& entry) {
  const fs::path folder = folder_of(entry);
  if (fs::is_directory(folder) && sha256_tree(folder) == entry.tree_digest()) {
    fmt::print("{} is there, digest verified: {}\n", entry.name, folder.string());
    return;
  }
  fetch(entry, folder);
  fmt::print("{} fetched, {} files, {}, digests verified: {}\n", entry.name, entry.files.size(),
             show_size(static_cast<double>(entry.bytes())), folder.string());
}

void list(const Catalog& catalog) {
  for (const auto& entry : catalog.entries())
    fmt::print("{:<8} {:<22} {:<8} {:>9}  {}{}\n", entry.kind, entry.name,
               fs::is_directory(folder_of(entry)) ? "here" : "-",
               show_size(static_cast<double>(entry.bytes())), entry.title,
               entry.licence.empty() ? "" : " (" + entry.licence + ")");
}

}  // namespace

int run_data(const Arguments& arguments) {
  Catalog catalog = shipped_catalog();
  for (const auto& file : arguments.all("catalog")) catalog.read(file);
  const std::string& what = arguments.positional[0];
  if (what == "list") {
    if (arguments.has("names"))
      for (const auto& entry : catalog.entries()) fmt::print("{}\n", entry.name);
    else
      list(catalog);
    return 0;
  }
  if (what != "fetch")
    throw BadInput("E160", fmt::format("`assay data` has no \"{}\"", what),
                   "write `assay data list` or `assay data fetch NAME`");
  if (arguments.positional.size() < 2)
    throw BadInput("E160", "`assay data fetch` needs the name of a data set or model",
                   "`assay data list` lists them");
  std::vector<const CatalogEntry*> wanted;
  for (size_t i = 1; i < arguments.positional.size(); ++i)
    wanted.push_back(&find(catalog, arguments.positional[i]));
  for (const auto* entry : wanted) fetch_one(*entry);
  return 0;
}

}  // namespace assay::cli
