// Aggregates by name, as experiment files write them: "mean", "sd", "share(>= 4)", ...
#pragma once
#include "core/report/statistics.hpp"

#include <optional>
#include <string>

namespace assay {

/// Comparison operators of claims and shares: < <= > >= == !=. Equality is up to 1e-9 relative,
/// so that 0.1 + 0.2 == 0.3.
bool compare(double left, const std::string& op, double right);
bool valid_comparison(const std::string& op);

struct Aggregate {
  std::string name;  // mean median min max sd sem ci95 n share
  std::string op;    // of a share
  double bound = 0;
  /// Whether rows of all runs are pooled, rather than each run reduced to its mean first.
  bool pools() const;
  /// NaN when there are too few values. ci95 is the half-width of the Student interval.
  double of(Numbers x) const;
  std::optional<Interval> interval(Numbers x, double level = 0.95) const;
};

/// Throws BadInput: an unknown aggregate, with those there are.
Aggregate parse_aggregate(const std::string& text);

}  // namespace assay
