// The values of an axis: a list, or one of {values}, {range, step}, {linspace, n}, {logspace, n}.
#pragma once
#include "core/plan/node.hpp"

#include <string>
#include <vector>

namespace assay {

struct AxisValues {
  std::vector<Node> items;
  bool generated = false;  // computed, so that an integral real may stand for an int
};

/// Errors (E120) go to `findings`; `items` is then empty. Computed values are rounded to 12
/// significant digits, and `round = R` makes them multiples of R.
AxisValues axis_values(const std::string& axis, const Node& node, Findings& findings);

}  // namespace assay
