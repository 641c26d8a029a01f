// assay plan: what would run, and why. assay status: what has.
#include "core/base/error.hpp"
#include "core/base/number.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/select.hpp"
#include "core/cli/workspace.hpp"
#include "core/report/text_grid.hpp"
#include "core/run/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace assay::cli {
namespace {

/// The run that RUN names within the plan: an id's beginning or a point's label.
const Run& find_run(const Plan& plan, const std::string& name) {
  for (const auto& point : plan.points)
    if (point.label() == name) return plan.runs[point.run];
  const Run* found = nullptr;
  for (const auto& run : plan.runs)
    if (name.size() >= 4 && run.id.starts_with(name)) {
      if (found)
        throw BadInput("E161", fmt::format("several runs begin with {}: write more digits", name));
      found = &run;
    }
  if (!found)
    throw BadInput("E161", fmt::format("the plan has no run \"{}\"", name),
                   "`assay plan FILE` lists them; write the beginning of an id or a point such as "
                   "score:seed=1");
  return *found;
}

void explain(const Plan& plan, const Run& run, const Decision& decision) {
  fmt::print("{}.{}  {}\n", run.plugin, run.method, run.id);
  for (const auto& point : plan.points)
    if (&plan.runs[point.run] == &run) fmt::print("point      {}\n", point.label());
  fmt::print("decision   {}: {}\nfolder     {}\nseed       {}\n", to_string(decision.action),
             decision.reason, decision.folder.string(), run.seed);
  for (const auto& [key, value] : run.params.items())
    fmt::print("  {} = {}\n", key,
               value.is_number_float() ? ecmascript(value.get<double>()) : value.dump());
  for (const auto& input : run.inputs)
    for (const auto& source : input.items)
      fmt::print("input      {} = {}\n", input.name,
                 source.run.empty()
                     ? source.path + " (SHA-256 " + source.sha256.substr(0, 12) + "...)"
                     : source.run.substr(0, 12) + ":" + source.port);
  fmt::print("resources  {} cores, {} GPUs, {}, {}\n", brief(run.resources.cpus),
             run.resources.gpus,
             run.resources.mem ? show_size(static_cast<double>(run.resources.mem)) : "any memory",
             run.resources.time > 0 ? show_duration(run.resources.time) : "any time");
  fmt::print("identity   {}\n", run.canonical);
}

}  // namespace

int run_plan(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  if (arguments.has("json")) {
    fmt::print("{}\n", to_json(plan).dump(2));
    return 0;
  }
  if (arguments.has("why")) {
    const Run& run = find_run(plan, arguments.get("why"));
    explain(plan, run, decide(plan, run, runs));
    return 0;
  }
  std::map<std::string, int> counts;
  std::vector<bool> shown(plan.runs.size());
  size_t width = 0;
  for (const auto& point : plan.points) width = std::max(width, display_width(point.label()));
  for (const auto& point : plan.points) {
    const Run& run = plan.runs[point.run];
    const Decision decision = decide(plan, run, runs);
    if (!shown[point.run]) ++counts[to_string(decision.action)];
    fmt::print("{:<7} {}  {}  {}\n", to_string(decision.action), run.short_id(),
               pad(point.label(), width),
               shown[point.run] ? "the same run as above" : decision.reason);
    shown[point.run] = true;
  }
  std::vector<std::string> parts;
  for (const auto& [action, count] : counts) parts.push_back(fmt::format("{} {}", count, action));
  fmt::print("{} run{}: {}\n", plan.runs.size(), plan.runs.size() == 1 ? "" : "s",
             join(parts, ", "));
  return 0;
}

int run_status(const Arguments& arguments) {
  const RunsFolder runs(runs_root(arguments));
  std::map<std::string, int> counts;
  const auto line = [&](const fs::path& folder, const std::string& id, const std::string& label) {
    if (arguments.has("names")) {
      fmt::print("{}\n", id);
      return;
    }
    const RunStatus status = runs.status(folder);
    ++counts[to_string(status.state)];
    fmt::print("{:<11} {}  {}{}\n", to_string(status.state), id, label,
               status.message.empty() ? "" : "  " + one_line(status.message));
  };
  if (!arguments.positional.empty()) {
    const Plan plan = load_plan(arguments);
    for (const auto& point : plan.points) {
      const Run& run = plan.runs[point.run];
      line(runs.folder(run.plugin, run.method, run.id), run.short_id(), point.label());
    }
  } else {
    const auto labels = labels_of_runs(runs);
    for (const auto& folder : runs.all()) {
      const std::string name = folder.filename().string();
      const size_t dash = name.rfind('-');
      const auto label = labels.find(name.substr(dash + 1));
      line(folder, name.substr(dash + 1),
           label != labels.end()
               ? label->second
               : folder.parent_path().filename().string() + "." + name.substr(0, dash));
    }
  }
  if (arguments.has("names")) return 0;
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  fmt::print("{}\n", parts.empty() ? "no runs in " + runs.root().string() : join(parts, ", "));
  return 0;
}

}  // namespace assay::cli
