// Whether the terms of a loss pull the same way: the gradient of each, their norms and the cosines
// between them.
#pragma once
#include "plugins/common/torch.hpp"

#include <span>
#include <vector>

namespace assay::lm {

struct TermGradients {
  std::vector<std::vector<at::Tensor>> of;   // by term, by parameter; undefined where it is 0
  std::vector<double> norms;                 // by term
  std::vector<std::vector<double>> cosines;  // between two terms; NaN where a gradient is 0
};

/// The gradients of scalars `terms` with respect to `parameters`, products summed in float64. The
/// graph is kept if several terms share it (`shared`); a token_loss can be differentiated once.
TermGradients term_gradients(std::span<const at::Tensor> terms,
                             std::span<const at::Tensor> parameters, bool shared = true);

/// Adds sum_i coefficients_i * (gradient of term i) to the parameters' gradients, as a backward
/// pass through the sum would: what is made for the cosines also serves the step.
void accumulate(const TermGradients& gradients, std::span<const double> coefficients,
                std::span<const at::Tensor> parameters);

}  // namespace assay::lm
