// What most commands start from: the runs folder, the plugins, and the plan of an experiment file.
#pragma once
#include "core/archive/runs_folder.hpp"
#include "core/cli/verb.hpp"
#include "core/plan/catalog.hpp"
#include "core/plan/plan.hpp"
#include "core/plan/planner.hpp"
#include "core/run/catalog.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// Options that several commands share.
Option runs_option();
Option plugin_option();
std::vector<Option> plan_options();  // --profile, --stage, and the two above

/// --runs DIR, else $ASSAY_RUNS, else ./runs.
fs::path runs_root(const Arguments& arguments);
PluginCatalog plugin_catalog(const Arguments& arguments);

/// The catalog that comes with the program.
Catalog shipped_catalog();
/// What this process may use.
MachineLimits this_machine();

/// Plans the file that is the first operand; the other operands are overrides. Prints warnings to
/// the standard error. Throws BadInput with everything that is wrong.
Plan load_plan(const Arguments& arguments);

bool on_terminal(int fd);
int terminal_width();  // of the standard output; 100 when it is no terminal

}  // namespace assay::cli
