// Aggregates by name, as experiment files write them: "mean", "sd", "share(>= 4)", ...
#pragma once
#include "core/plan/values.hpp"
#include "core/report/statistics.hpp"

#include <optional>
#include <string>

namespace assay {

/// An aggregate that can be computed.
struct Aggregate : AggregateSpec {
  /// Whether rows of all runs are pooled, rather than each run reduced to its mean first.
  bool pools() const;
  /// NaN when there are too few values. ci95 is the half-width of the Student interval.
  double of(Numbers x) const;
  std::optional<Interval> interval(Numbers x, double level = 0.95) const;
};

/// Throws BadInput: an unknown aggregate, with those there are.
Aggregate parse_aggregate(const std::string& text);

}  // namespace assay
