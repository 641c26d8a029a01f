// What a report reads of one run, and where runs are found: the seam between reports and archives.
#pragma once
#include "core/archive/array.hpp"
#include "core/archive/runs_folder.hpp"
#include "core/base/json.hpp"
#include "core/plan/plan.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay {

struct Series {
  std::vector<double> steps, values;  // of equal length, steps ascending
};

/// The results of one complete run. Absence is nullopt; a damaged archive throws Failure.
class RunData {
 public:
  virtual ~RunData() = default;
  virtual std::optional<double> metric(const std::string& name, const std::string& selector,
                                       bool lower_is_better) = 0;
  virtual std::optional<Series> series(const std::string& metric) = 0;
  /// A dataset by its path in the archive: "tables/T/COL", "arrays/A".
  virtual std::optional<Array> array(const std::string& path) = 0;
  /// What was logged at `step`; without one, what was logged last.
  virtual std::optional<std::string> text(const std::string& name,
                                          std::optional<int64_t> step = std::nullopt) = 0;
  virtual Json attributes() = 0;  // of the root: method, state, outcome, ...
  virtual Json provenance() = 0;  // scalars and short strings
};

/// Where a plan's runs are.
class RunSource {
 public:
  virtual ~RunSource() = default;
  virtual RunStatus status(const Run& run) = 0;
  /// Only of runs whose state is complete.
  virtual std::unique_ptr<RunData> open(const Run& run) = 0;
  /// The last `lines` lines the run wrote to its log; "" when there is none.
  virtual std::string log_tail(const Run& run, size_t lines) = 0;
};

/// A runs folder. The folder must outlive it.
class ArchivedRuns : public RunSource {
 public:
  explicit ArchivedRuns(const RunsFolder& folder) : folder_(folder) {}
  RunStatus status(const Run& run) override;
  std::unique_ptr<RunData> open(const Run& run) override;
  std::string log_tail(const Run& run, size_t lines) override;

 private:
  const RunsFolder& folder_;
};

}  // namespace assay
