// assay run: plan, execute what is missing, then, if asked, claims and report.
#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/results.hpp"
#include "core/cli/workspace.hpp"
#include "core/run/progress.hpp"
#include "core/run/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace assay::cli {
namespace {

/// Adds the runs of `stage`; throws BadInput for a stage that the plan does not have.
void force(const std::string& stage, const Plan& plan, std::set<std::string>& ids) {
  std::vector<std::string> known;
  for (const auto& s : plan.stages) known.push_back(s.name);
  if (std::find(known.begin(), known.end(), stage) == known.end())
    throw BadInput("E160", fmt::format("--force {}: there is no such stage", stage),
                   did_you_mean(stage, known));
  for (const auto& point : plan.points)
    if (point.stage == stage) ids.insert(plan.runs[point.run].id);
}

ExecuteOptions options_of(const Arguments& arguments, const Plan& plan) {
  ExecuteOptions options;
  options.jobs = static_cast<int>(arguments.number("jobs", 0, 1));
  options.fail_fast = arguments.has("fail-fast");
  const std::string rerun = arguments.get("rerun", "failed");
  if (rerun != "failed" && rerun != "none")
    throw BadInput("E160", fmt::format("--rerun takes failed or none, got \"{}\"", rerun));
  options.decide.retry_failed = rerun == "failed";
  for (const auto& stage : arguments.all("force")) force(stage, plan, options.decide.force);
  options.argv = arguments.words;
  return options;
}

}  // namespace

int run_run(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  int code = 0;
  {
    ProgressDisplay progress(stdout, on_terminal(STDOUT_FILENO), terminal_width());
    code = execute(plan, runs, options_of(arguments, plan), progress).exit_code();
  }
  if (code == 4) return code;
  const bool claims = arguments.has("claims"), report = arguments.has("report");
  if (!claims && !report) return code;
  Results results(plan, runs);
  fs::path page;
  if (report) page = results.write_report(arguments.get("output"));
  if (claims) {
    const int verdict = results.print_claims(false);
    if (code == 0) code = verdict;
  }
  if (report) fmt::print("\nreport: {}\n", page.string());
  return code;
}

}  // namespace assay::cli
