// What a row of logits says, taken in one or more chunks of the vocabulary: float64 sums over
// exponentials that are computed in float32.
#pragma once
#include <cstdint>

namespace assay::lm {

/// Sums over the logits l that were added, relative to the greatest of them, m.
class Distribution {
 public:
  /// `moments`: whether mean() and variance() are wanted, which cost two sums more.
  explicit Distribution(bool moments = false) : moments_(moments) {}

  /// The logits of ids first .. first + n - 1; in ascending order of ids.
  void add(const float* logits, int64_t n, int64_t first = 0);

  /// Whether every logit so far is finite.
  bool finite() const;
  /// The lowest id of those with the greatest logit.
  int64_t argmax() const { return argmax_; }
  /// ln p of an id with that logit.
  double log_p(double logit) const;
  double mean() const;      // sum_v p_v ln p_v
  double variance() const;  // sum_v p_v (ln p_v)^2 - mean^2

 private:
  bool moments_;
  float greatest_ = 0;  // m
  int64_t argmax_ = -1;
  double sum_ = 0;     // of exp(l - m)
  double first_ = 0;   // of exp(l - m) (l - m)
  double second_ = 0;  // of exp(l - m) (l - m)^2
};

/// weights[i] = exp((logits[i] - greatest) / temperature), and the float64 sum of each 64 of them.
void exponentials(const float* logits, int64_t n, float greatest, float temperature, float* weights,
                  double* sums);

}  // namespace assay::lm
