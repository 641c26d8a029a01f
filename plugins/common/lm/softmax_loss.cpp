#include "plugins/common/kernel.hpp"
#include "plugins/common/lm/simd.hpp"
#include "plugins/common/lm/softmax_loss.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#define ASSAY_INLINE __attribute__((always_inline)) static inline

namespace assay::lm {
namespace {

typedef double Sums __attribute__((vector_size(128)));

ASSAY_INLINE float greatest(const float* x, int64_t n) {
  constexpr float kLeast = -std::numeric_limits<float>::infinity();
  Lanes most = {};
  most += kLeast;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    Lanes v;
    std::memcpy(&v, x + i, sizeof v);
    most = v > most ? v : most;
  }
  float out = kLeast;
  for (int64_t l = 0; l < kLanes; ++l) out = std::max(out, most[l]);
  for (; i < n; ++i) out = std::max(out, x[i]);
  return out;
}

/// x = exp(x - most) and its sum.
ASSAY_INLINE double exponentials(float* x, int64_t n, float most) {
  Sums sums = {};
  Lanes v, e;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    std::memcpy(&v, x + i, sizeof v);
    v -= most;
    e = v;
    exp_in_place(e);
    sums += __builtin_convertvector(e, Sums);
    std::memcpy(x + i, &e, sizeof e);
  }
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i) * sizeof(float);
    v = Lanes{} - std::numeric_limits<float>::infinity();
    std::memcpy(&v, x + i, rest);
    v -= most;
    e = v;
    exp_in_place(e);
    sums += __builtin_convertvector(e, Sums);
    std::memcpy(x + i, &e, rest);
  }
  double sum = 0;
  for (int64_t l = 0; l < kLanes; ++l) sum += sums[l];
  return sum;
}

ASSAY_INLINE void scale_by(float* x, int64_t n, float factor) {
  int64_t i = 0;
  for (Lanes v; i + kLanes <= n; i += kLanes) {
    std::memcpy(&v, x + i, sizeof v);
    v *= factor;
    std::memcpy(x + i, &v, sizeof v);
  }
  for (; i < n; ++i) x[i] *= factor;
}

}  // namespace

ASSAY_KERNEL void softmax_loss(float* logits, int64_t rows, int64_t vocabulary,
                               const int64_t* targets, const double* weights, double* losses) {
  for (int64_t r = 0; r < rows; ++r, logits += vocabulary) {
    const int64_t target = targets[r];
    const float most = greatest(logits, vocabulary);
    const double of_target = static_cast<double>(logits[target]);
    const double sum = exponentials(logits, vocabulary, most);
    losses[r] = std::log(sum) + static_cast<double>(most) - of_target;
    if (!weights) continue;
    const auto scale = static_cast<float>(weights[r] / sum);
    scale_by(logits, vocabulary, scale);
    logits[target] -= static_cast<float>(weights[r]);
  }
}

}  // namespace assay::lm
