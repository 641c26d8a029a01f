// The tanh form of GELU and its derivative: plain C++ over contiguous memory, without LibTorch.
//   gelu(x) = x (1 + tanh u) / 2 = x s,  u = sqrt(2 / pi) (x + 0.044715 x^3),  s = 1 / (1 +
//   exp(-2u))
#pragma once
#include <cstdint>

namespace assay::lm {

void gelu_tanh(const float* x, int64_t n, float* y);
/// dx = dy (s + x s (1 - s) 2 u')
void gelu_tanh_gradient(const float* x, const float* dy, int64_t n, float* dx);

}  // namespace assay::lm
