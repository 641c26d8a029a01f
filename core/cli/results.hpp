// The finished runs of a plan, as the reporting commands use them.
#pragma once
#include "core/archive/runs_folder.hpp"
#include "core/plan/plan.hpp"
#include "core/report/frame.hpp"
#include "core/report/run_data.hpp"

#include <string>

namespace assay::cli {

class Results {
 public:
  /// Recovers what died before its archive was written. The plan and the folder must outlive it.
  Results(const Plan& plan, const RunsFolder& runs);

  Frame& frame() { return frame_; }
  /// `output`, else RUNS/reports/EXPERIMENT.
  fs::path folder(const std::string& output) const;
  /// Prints the verdicts, stores claims.json; 0 when all hold, else 3.
  int print_claims(bool json);
  fs::path write_report(const std::string& output);

 private:
  const Plan& plan_;
  const RunsFolder& runs_;
  ArchivedRuns source_;
  Frame frame_;
};

}  // namespace assay::cli
