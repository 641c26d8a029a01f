#include "plugins/common/lm/distribution.hpp"
#include "plugins/common/lm/simd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::lm {
namespace {

/// sum += x, in float64.
[[gnu::always_inline]] inline void add_wide(const Lanes& x, Doubles* sum) {
  EightFloats half[2];
  __builtin_memcpy(half, &x, sizeof half);
  for (int i = 0; i < 2; ++i) sum[i] += __builtin_convertvector(half[i], Doubles);
}

[[gnu::always_inline]] inline double total(const Doubles* sum) {
  double all = 0;
  for (int i = 0; i < 8; ++i) all += sum[0][i] + sum[1][i];
  return all;
}

/// The greatest of n values, and NaN in `wrong` if one of them is not finite, else 0.
template <class>
[[gnu::always_inline]] inline void greatest(const float* x, int64_t n, float* found, float* wrong) {
  Lanes best = Lanes{} - std::numeric_limits<float>::infinity(), zero{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Lanes l = *reinterpret_cast<const Lanes*>(x + i);
    best = l > best ? l : best;
    zero += l - l;
  }
  *found = -std::numeric_limits<float>::infinity(), *wrong = 0;
  for (int64_t j = 0; j < kLanes; ++j) {
    *found = std::max(*found, best[j]);
    *wrong += zero[j];
  }
  for (; i < n; ++i) {
    *found = std::max(*found, x[i]);
    *wrong += x[i] - x[i];
  }
}
ASSAY_MACHINES(greatest_of, (const float* x, int64_t n, float* found, float* wrong), greatest,
               (x, n, found, wrong))

/// sums[j] = sum of exp(l - m) (l - m)^j, j = 0 .. 2 if `moments`, else 0.
template <class>
[[gnu::always_inline]] inline void sum_up(const float* x, int64_t n, float m, bool moments,
                                          double* sums) {
  Doubles sum[3][2] = {};
  for (int64_t i = 0; i < n; i += kLanes) {
    Lanes d = Lanes{} - std::numeric_limits<float>::infinity();
    if (i + kLanes <= n)
      d = *reinterpret_cast<const Lanes*>(x + i) - m;
    else
      for (int64_t j = 0; i + j < n; ++j) d[j] = x[i + j] - m;
    Lanes e = d;
    exp_in_place(e);
    add_wide(e, sum[0]);
    if (!moments) continue;
    d = e > 0.0f ? d : Lanes{};  // what has no weight counts nothing, however low
    add_wide(e * d, sum[1]);
    add_wide(e * d * d, sum[2]);
  }
  for (int j = 0; j < 3; ++j) sums[j] = total(sum[j]);
}
ASSAY_MACHINES(sums_of, (const float* x, int64_t n, float m, bool moments, double* sums), sum_up,
               (x, n, m, moments, sums))

template <class>
[[gnu::always_inline]] inline void weigh(const float* x, int64_t n, float m, float inverse,
                                         float* weights, double* sums) {
  for (int64_t i = 0; i < n; i += 64, ++sums) {
    *sums = 0;
    for (int64_t j = i; j < std::min(i + 64, n); j += kLanes) {
      Lanes d{};
      const int64_t count = std::min(kLanes, n - j);
      if (count == kLanes)
        d = *reinterpret_cast<const Lanes*>(x + j);
      else
        for (int64_t k = 0; k < count; ++k) d[k] = x[j + k];
      d = (d - m) * inverse;
      exp_in_place(d);
      for (int64_t k = 0; k < count; ++k) {
        weights[j + k] = d[k];
        *sums += static_cast<double>(d[k]);
      }
    }
  }
}
ASSAY_MACHINES(weights_of,
               (const float* x, int64_t n, float m, float inverse, float* weights, double* sums),
               weigh, (x, n, m, inverse, weights, sums))

}  // namespace

void Distribution::add(const float* logits, int64_t n, int64_t first) {
  if (n == 0) return;
  float m = 0, wrong = 0;
  greatest_of(logits, n, &m, &wrong);
  if (wrong != 0) sum_ = std::numeric_limits<double>::quiet_NaN();
  if (argmax_ < 0 || m > greatest_) {
    // The sums so far, relative to the new greatest: l - m = (l - m_old) - shift.
    const double shift = static_cast<double>(m) - static_cast<double>(greatest_);
    const double keep = argmax_ < 0 ? 0 : std::exp(-shift);
    second_ = keep * (second_ - 2 * shift * first_ + shift * shift * sum_);
    first_ = keep * (first_ - shift * sum_);
    sum_ *= keep;
    greatest_ = m;
    argmax_ = first + std::max<int64_t>(0, std::find(logits, logits + n, m) - logits);
  }
  double sums[3];
  sums_of(logits, n, greatest_, moments_, sums);
  sum_ += sums[0];
  first_ += sums[1];
  second_ += sums[2];
}

bool Distribution::finite() const { return std::isfinite(sum_) && std::isfinite(greatest_); }

double Distribution::log_p(double logit) const {
  return logit - static_cast<double>(greatest_) - std::log(sum_);
}

double Distribution::mean() const { return first_ / sum_ - std::log(sum_); }

double Distribution::variance() const {
  const double mean = first_ / sum_;
  return std::max(0.0, second_ / sum_ - mean * mean);
}

void exponentials(const float* logits, int64_t n, float greatest, float temperature, float* weights,
                  double* sums) {
  weights_of(logits, n, greatest, 1 / temperature, weights, sums);
}

}  // namespace assay::lm
