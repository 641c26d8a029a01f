#include "core/base/error.hpp"
#include "core/cli/results.hpp"
#include "core/cli/workspace.hpp"
#include "core/report/claims.hpp"
#include "core/report/report.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace assay::cli {

Results::Results(const Plan& plan, const RunsFolder& runs)
    : plan_(plan), runs_(runs), source_(runs), frame_((runs.recover(), plan), source_) {}

fs::path Results::folder(const std::string& output) const {
  return output.empty() ? runs_.root() / "reports" / plan_.name : fs::path(output);
}

int Results::print_claims(bool json) {
  const ClaimResults results = evaluate_claims(plan_, frame_);
  if (fs::is_directory(runs_.root())) {
    make_folder(folder(""));
    write_claims(results, folder(""));
  }
  if (json)
    fmt::print("{}\n", to_json(results).dump(2));
  else
    fmt::print("{}", render_claims_terminal(results, {.width = terminal_width(),
                                                      .colour = on_terminal(STDOUT_FILENO)}));
  return results.all_hold() ? 0 : 3;
}

fs::path Results::write_report(const std::string& output) {
  const fs::path where = folder(output);
  make_folder(where);
  return assay::write_report(plan_, frame_, where);
}

}  // namespace assay::cli
