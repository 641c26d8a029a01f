// Norms, activations and rotary turns of inference, fp32 on the CPU: one pass each, where a row's
// bits depend neither on the rows around it nor on how rows are dealt to threads.
#pragma once
#include "plugins/common/torch.hpp"

#include <string>

namespace assay::lm {

/// Rows (N, C) -> (N, C): x / sqrt(mean x^2 + eps) * weight.
at::Tensor rms_norm_rows(const at::Tensor& x, const at::Tensor& weight, double eps);
/// Rows (N, C) -> (N, C): (x - mean) / sqrt(variance + eps) * weight + bias; either may be
/// undefined.
at::Tensor layer_norm_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           double eps);
/// "gelu" (erf), "gelu_new" (tanh), "silu", "relu" of (N, F); an undefined tensor for another name.
at::Tensor activate_rows(const std::string& activation, const at::Tensor& x);
/// Rows (N, heads, D), cos and sin (N, 1, dims / 2) -> (N, heads, D), dimension i < dims / 2 turned
/// with dimension i + dims / 2.
at::Tensor rotate_rows(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin);

}  // namespace assay::lm
