#include "plugins/common/kernel.hpp"
#include "plugins/common/lm/softmax_loss.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#define ASSAY_INLINE __attribute__((always_inline)) static inline

namespace assay::lm {
namespace {

// Vectors are passed by reference, as their calling convention differs between machines.
constexpr int64_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(64)));
typedef int32_t Bits __attribute__((vector_size(64)));
typedef double Sums __attribute__((vector_size(128)));

/// e = exp(x) for x <= 0, within 2 units in the last place; 0 below -87, NaN of NaN.
/// With n = round(x / ln 2) and r = x - n ln 2:  exp(x) = 2^n exp(r), exp(r) by its series.
ASSAY_INLINE void exponential(Lanes& e, const Lanes& x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds, and leaves n in the bits
  const Lanes shifted = x * 1.44269504f + kRound;
  const Lanes n = shifted - kRound;
  const Lanes r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  Bits scale, bits;
  std::memcpy(&scale, &shifted, sizeof scale);
  std::memcpy(&bits, &p, sizeof bits);
  bits += scale << 23;
  bits &= ~(x < -87.0f);
  std::memcpy(&e, &bits, sizeof e);
}

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
    exponential(e, v);
    sums += __builtin_convertvector(e, Sums);
    std::memcpy(x + i, &e, sizeof e);
  }
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i) * sizeof(float);
    v = Lanes{} - std::numeric_limits<float>::infinity();
    std::memcpy(&v, x + i, rest);
    v -= most;
    exponential(e, v);
    sums += __builtin_convertvector(e, Sums);
    std::memcpy(x + i, &e, rest);
  }
  double sum = 0;
  for (int64_t l = 0; l < kLanes; ++l) sum += sums[l];
  return sum;
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
    for (int64_t v = 0; v < vocabulary; ++v) logits[v] *= scale;
    logits[target] -= static_cast<float>(weights[r]);
  }
}

}  // namespace assay::lm
