// The join of a plan and a runs folder: each point of each stage with its run, its state and,
// lazily, its values. Everything a report shows is read through a Frame.
#pragma once
#include "core/report/run_data.hpp"
#include "core/report/value.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace assay {

/// A point of the plan and its run.
struct Row {
  size_t index = 0;  // of the run in the plan
  const Point* point = nullptr;
  const Run* run = nullptr;
  const RunStatus* status = nullptr;
  bool complete() const { return status->state == RunState::complete; }
  /// An axis of the point, else a parameter of the run; null when it has neither.
  const Json* coordinate(const std::string& name) const;
};
using Rows = std::vector<const Row*>;

/// Only complete runs have values: what a failed or interrupted run left behind never enters a
/// number. Not thread-safe. The plan and the source must outlive it.
class Frame {
 public:
  Frame(const Plan& plan, RunSource& source);

  const Plan& plan() const { return plan_; }
  const std::vector<Row>& rows() const { return rows_; }
  const StageInfo& stage(const std::string& name) const;  // throws BadInput
  /// Rows of `stage` whose axes and parameters satisfy `where` ("": all), in the plan's order.
  Rows select(const std::string& stage, const std::string& where) const;

  /// An axis, a parameter, a reference or an expression; read once per run, then remembered.
  const Value& value(const Row& row, const ValueText& text);
  std::optional<Series> series(const Row& row, const std::string& metric);
  /// Not remembered: arrays of images are large.
  std::optional<Array> array(const Row& row, const std::string& path);
  Json attributes(const Row& row);  // {} when the run is not complete
  Json provenance(const Row& row);
  std::string log_tail(const Row& row, size_t lines) { return source_.log_tail(*row.run, lines); }

  /// Reads every value that the plan's claims, tables, plots and run tables show, one archive after
  /// the other, so that each is opened once.
  void prefetch();

 private:
  RunData* open(size_t run);

  const Plan& plan_;
  RunSource& source_;
  std::vector<RunStatus> statuses_;  // by run
  std::vector<Row> rows_;
  std::map<std::pair<size_t, ValueText>, Value> values_;
  std::map<const Json*, Value> axes_;
  std::map<std::pair<size_t, std::string>, std::optional<Series>> series_;
  std::map<size_t, Json> attributes_, provenance_;
  std::map<size_t, std::unique_ptr<RunData>> opened_;
  std::deque<size_t> order_;  // of opened_, oldest first
};

/// Throws BadInput when an axis with several values among `rows` is in neither list: a number
/// silently averaged over a forgotten axis is the commonest wrong table.
void require_axes(const Rows& rows, const std::string& what, const std::vector<std::string>& shown,
                  const std::vector<std::string>& over);

/// Rows with equal runs once: stages without a seed of their own repeat a run along the seed axis.
Rows distinct_runs(const Rows& rows);

/// "rank:score=joint" of rows that share these axes.
std::string show_axes(const Row& row, const std::vector<std::string>& axes);

}  // namespace assay
