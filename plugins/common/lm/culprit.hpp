// Which parameter is to blame when a model's numbers are not finite.
#pragma once
#include "plugins/common/lm/model.hpp"

#include <optional>

namespace assay::lm {

struct Culprit {
  std::string name;  // published
  int64_t index;     // of the first element that is not finite, row-major
  double value;
};

/// The first parameter, in forward order, with an element that is not finite; std::nullopt if all
/// are. Reads every parameter once; one that was packed away is not searched.
std::optional<Culprit> find_culprit(const Model& model);

/// A sentence on `what` ("the logits of a batch"), which are not finite: the parameter; or that all
/// parameters are finite, so that what overflowed is the computation; or that some were not
/// searched as they are packed.
std::string not_finite(const Model& model, const std::string& what);

}  // namespace assay::lm
