#include "core/base/error.hpp"
#include "core/cli/workspace.hpp"
#include "core/plan/planner.hpp"
#include "core/run/machine.hpp"
#include "core/run/probe.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sys/ioctl.h>
#include <unistd.h>

namespace assay::cli {

Option runs_option() {
  return {"runs", 0, "DIR", "the runs folder (default: $ASSAY_RUNS, else ./runs)"};
}
Option plugin_option() { return {"plugin", 0, "FILE", "a plugin's library", true}; }
std::vector<Option> plan_options() {
  return {{"profile", 'p', "NAME", "an overlay of the file; several apply in order", true},
          {"stage", 0, "STAGE", "only this stage and what it needs", true},
          runs_option(),
          plugin_option()};
}

fs::path runs_root(const Arguments& arguments) {
  const char* env = std::getenv("ASSAY_RUNS");
  return arguments.get("runs", env && *env ? env : "runs");
}

PluginCatalog plugin_catalog(const Arguments& arguments) {
  std::vector<fs::path> files;
  for (const auto& file : arguments.all("plugin")) files.emplace_back(file);
  return {files, runs_root(arguments) / ".cache"};
}

bool on_terminal(int fd) { return ::isatty(fd) != 0; }

int terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 100;
}

Catalog shipped_catalog() {
  Catalog catalog;
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  for (const char* place : {"../share/assay/catalog.toml", "../../experiments/catalog.toml"})
    if (const fs::path file = program / place; fs::exists(file)) {
      catalog.read(file.lexically_normal());
      break;
    }
  return catalog;
}

MachineLimits this_machine() {
  const Hardware here = Hardware::here();
  return {static_cast<double>(here.cores.size()), static_cast<int>(here.gpus.size()), here.memory};
}

namespace {

using Refusals = std::vector<std::optional<std::string>>;

/// Asks each plugin's own check, once a plugin, about the runs that are not finished.
Refusals ask_plugins(const std::vector<const Run*>& asked, PluginCatalog& plugins,
                     const RunsFolder& runs, const fs::path& cache) {
  Refusals refusals(asked.size());
  std::map<std::string, std::vector<size_t>> by_plugin;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Run& run = *asked[i];
    if (runs.status(runs.folder(run.plugin, run.method, run.id)).state != RunState::complete)
      by_plugin[run.plugin].push_back(i);
  }
  for (const auto& [plugin, indices] : by_plugin) {
    std::vector<Question> questions;
    for (const size_t i : indices) questions.push_back({asked[i]->method, asked[i]->params});
    const auto answers = check(plugins.schema(plugin), questions, cache);
    for (size_t k = 0; k < indices.size(); ++k)
      if (answers[k].status != ASSAY_OK) refusals[indices[k]] = answers[k].why;
  }
  return refusals;
}

}  // namespace

Plan load_plan(const Arguments& arguments) {
  const fs::path root = runs_root(arguments), cache = root / ".cache";
  const RunsFolder runs(root);
  PluginCatalog plugins = plugin_catalog(arguments);
  CachedDigests digests(cache / "digests.json");
  PlanContext context;
  context.schema = [&](const std::string& name) { return plugins.schema(name); };
  context.plugin_names = plugins.names();
  context.digests = &digests;
  context.catalog = shipped_catalog();
  context.machine = this_machine();
  context.check = [&](const std::vector<const Run*>& asked) {
    return ask_plugins(asked, plugins, runs, cache);
  };
  ExperimentInput input;
  input.file = arguments.positional[0];
  input.overrides = {arguments.positional.begin() + 1, arguments.positional.end()};
  input.profiles = arguments.all("profile");
  input.stages = arguments.all("stage");
  Plan plan = make_plan(input, context);
  if (fs::is_directory(root)) digests.save();
  if (!plan.warnings.empty()) fmt::print(stderr, "{}\n", render(plan.warnings));
  return plan;
}

}  // namespace assay::cli
