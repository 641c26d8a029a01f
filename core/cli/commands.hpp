// The commands: each takes its checked arguments and returns an exit code.
#pragma once
#include "core/cli/verb.hpp"

namespace assay::cli {

int run_run(const Arguments&);
int run_plan(const Arguments&);
int run_status(const Arguments&);
int run_table(const Arguments&);
int run_plot(const Arguments&);
int run_report(const Arguments&);
int run_claims(const Arguments&);
int run_show(const Arguments&);
int run_log(const Arguments&);
int run_id(const Arguments&);
int run_plugins(const Arguments&);
int run_describe(const Arguments&);
int run_data(const Arguments&);

}  // namespace assay::cli
