// assay id: the identity of a run, and the bytes it is the hash of.
#include "core/archive/archive.hpp"
#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/select.hpp"
#include "core/cli/workspace.hpp"

#include <fmt/format.h>

namespace assay::cli {

int run_id(const Arguments& arguments) {
  const RunsFolder runs(runs_root(arguments));
  const fs::path folder = select_run(runs, arguments.positional[0]);
  const auto record = read_record(folder);
  if (!record) throw BadInput("E161", folder.string() + " holds no run.json");
  fmt::print("{}\n", record->id);
  if (!arguments.has("explain")) return 0;
  const std::string digest = sha256(record->canonical);
  fmt::print("\n{}.{}\nwritten by      {}\n", record->plugin, record->method, folder.string());
  fmt::print("canonical bytes {}\nSHA-256         {}\nthe id is       its first 32 digits{}\n",
             record->canonical, digest, digest.starts_with(record->id) ? "" : " - they differ!");
  fmt::print(
      "\nNot in it: file, stage and axis names, resources, launcher, report, cosmetic "
      "parameters,\nparameters at their neutral value, the plugin's binary, the machine.\n");
  return digest.starts_with(record->id) ? 0 : 5;
}

}  // namespace assay::cli
