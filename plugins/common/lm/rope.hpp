// Rotary position embedding (Su et al. 2021), in the layout of the published weights: dimension i
// of a head turns with dimension i + dims / 2.
#pragma once
#include "plugins/common/lm/config.hpp"
#include "plugins/common/torch.hpp"

namespace assay::lm {

/// cos and sin of each row's angles: (N, 1, dims / 2) each.
struct Turns {
  at::Tensor cos, sin;
};
Turns turns(const Rope& rope, const at::Tensor& positions);  // (N,), int64

/// (N, heads, D) -> the same, the first dims dimensions turned.
at::Tensor rotate(const at::Tensor& x, const Turns& turns);

}  // namespace assay::lm
