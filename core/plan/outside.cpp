// Inputs from outside: files, folders, data sets and models, and their digests.
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/stage.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace assay {
namespace {

fs::path locate(const std::string& path, const fs::path& folder) {
  if (path.starts_with("~/"))
    if (const char* home = std::getenv("HOME")) return fs::path(home) / path.substr(2);
  return (folder / path).lexically_normal();
}

/// The folder of a data set or model; nothing, with an error, when it is not there or not itself.
std::optional<fs::path> from_catalog(const InputSpec& input, PlanContext& context,
                                     Findings& findings) {
  const CatalogEntry* entry = context.catalog.find(input.scheme, input.path);
  if (!entry) {
    const auto known = context.catalog.names(input.scheme);
    findings.error("E150",
                   fmt::format("the catalog has no {} \"{}\"; there are: {}", input.scheme,
                               input.path, known.empty() ? "none" : join(known, ", ")),
                   input.place, did_you_mean(input.path, known));
    return std::nullopt;
  }
  const fs::path folder = input.scheme == "dataset" ? dataset_folder(input.path, context.data_root)
                                                    : model_folder(input.path, context.data_root);
  std::error_code error;
  if (fs::is_directory(folder, error)) return folder;
  findings.error("E150",
                 fmt::format("{} \"{}\" is not on this machine (looked in {})", input.scheme,
                             input.path, folder.string()),
                 input.place, "run `assay data fetch " + input.path + "`");
  return std::nullopt;
}

}  // namespace

bool find_outside(const InputSpec& input, const fs::path& folder, PlanContext& context,
                  Source& source, Findings& findings) {
  const auto refuse = [&](const std::string& what, const std::string& help = "") {
    findings.error("E150", what, input.place, help);
    return false;
  };
  const bool named = input.scheme == "dataset" || input.scheme == "model";
  fs::path path;
  if (named) {
    const auto found = from_catalog(input, context, findings);
    if (!found) return false;
    path = *found;
  } else {
    path = locate(input.path, folder);
  }
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error), is_file = fs::is_regular_file(path, error);
  if (!is_folder && !is_file)
    return refuse(fmt::format("{} does not exist", input.text), "looked for " + path.string());
  if (input.scheme == "file" && is_folder)
    return refuse(input.text + " is a folder", "write dir:" + input.path);
  if (input.scheme == "dir" && is_file)
    return refuse(input.text + " is a file", "write file:" + input.path);
  if (!context.digests) return refuse("the content of " + input.text + " cannot be read here");
  try {
    source.path = fs::absolute(path).lexically_normal().string();
    source.sha256 = is_file ? context.digests->file(path) : context.digests->tree(path);
  } catch (const std::exception& failure) {
    return refuse(failure.what());
  }
  if (named) {
    const std::string wanted = context.catalog.find(input.scheme, input.path)->tree_digest();
    if (!wanted.empty() && wanted != source.sha256)
      return refuse(fmt::format("{} \"{}\" in {} is not what the catalog lists", input.scheme,
                                input.path, path.string()),
                    "run `assay data fetch " + input.path + "` again");
  }
  return true;
}

}  // namespace assay
