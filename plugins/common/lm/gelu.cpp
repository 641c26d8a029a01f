#include "plugins/common/kernel.hpp"
#include "plugins/common/lm/gelu.hpp"
#include "plugins/common/lm/simd.hpp"

#include <cstring>

#define ASSAY_INLINE __attribute__((always_inline)) static inline

namespace assay::lm {
namespace {

constexpr float kTwice = 1.5957691216057308f;  // 2 sqrt(2 / pi)
constexpr float kCubic = 0.044715f;

/// s = 1 / (1 + exp(-2u))
ASSAY_INLINE void share(Lanes& s, const Lanes& x) {
  const Lanes minus = x * (x * x * kCubic + 1.0f) * -kTwice, most = Lanes{} + 87.0f;
  Lanes e = minus > most ? most : minus;
  exp_in_place(e);
  s = minus > most ? Lanes{} : 1.0f / (1.0f + e);
}

ASSAY_INLINE void forward(Lanes& y, const Lanes& x) {
  Lanes s;
  share(s, x);
  y = x * s;
}

ASSAY_INLINE void backward(Lanes& dx, const Lanes& x, const Lanes& dy) {
  Lanes s;
  share(s, x);
  const Lanes slope = (x * x * (3 * kCubic) + 1.0f) * kTwice;
  dx = dy * (s + x * s * (1.0f - s) * slope);
}

}  // namespace

ASSAY_KERNEL void gelu_tanh(const float* x, int64_t n, float* y) {
  Lanes a, b;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    std::memcpy(&a, x + i, sizeof a);
    forward(b, a);
    std::memcpy(y + i, &b, sizeof b);
  }
  const size_t rest = static_cast<size_t>(n - i) * sizeof(float);
  if (rest == 0) return;
  a = Lanes{};
  std::memcpy(&a, x + i, rest);
  forward(b, a);
  std::memcpy(y + i, &b, rest);
}

ASSAY_KERNEL void gelu_tanh_gradient(const float* x, const float* dy, int64_t n, float* dx) {
  Lanes a, b, c;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    std::memcpy(&a, x + i, sizeof a);
    std::memcpy(&b, dy + i, sizeof b);
    backward(c, a, b);
    std::memcpy(dx + i, &c, sizeof c);
  }
  const size_t rest = static_cast<size_t>(n - i) * sizeof(float);
  if (rest == 0) return;
  a = b = Lanes{};
  std::memcpy(&a, x + i, rest);
  std::memcpy(&b, dy + i, rest);
  backward(c, a, b);
  std::memcpy(dx + i, &c, rest);
}

}  // namespace assay::lm
