// The Mann-Whitney U test: are the values of one sample larger than those of another?
#pragma once
#include <cstddef>
#include <span>

namespace assay::stats {

struct MannWhitney {
  double u;          // of x: 0 .. n m
  double z;          // (U - n m / 2) / sigma, moved towards 0 by the continuity correction
  double p_greater;  // P(U >= u): small when x tends to be larger than y
  double p_less;     // P(U <= u): small when x tends to be smaller than y
  double p;          // two-sided: min(1, 2 min(p_greater, p_less))
  bool exact;        // whether the p are counted, not approximated
};

/// The exact distribution is used up to this many values in each sample.
constexpr size_t kExactSize = 30;

/// Does a value of x exceed a value of y more often than not? Of the n m pairs,
///   U = #{(i, j): x_i > y_j} + #{(i, j): x_i = y_j} / 2,
/// so that U / (n m) is the AUC of "large means x". Under the hypothesis that x and y come from one
/// distribution every interleaving of the two is equally likely.
///
/// Without ties and with n, m <= kExactSize, p counts those interleavings (no cancellation: about
/// 14 digits). Else U is taken as normal with mean n m / 2 and, for tied groups of t values among
/// the N = n + m,
///   sigma^2 = n m / 12 (N + 1 - sum_t (t^3 - t) / (N (N - 1))),
/// with a continuity correction of 1/2. With ties and a handful of values that is rough, whatever
/// the p. All values equal: z = 0 and every p is 1. An empty sample or a NaN: every number is NaN.
///
/// O(N log N) time, exact O(n^2 m^2), at most 1 ms. As scipy.stats.mannwhitneyu. Mann and Whitney
/// (1947), Ann. Math. Stat. 18; the tie correction: Hollander, Wolfe and Chicken (2014), 4.1.
MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y);

}  // namespace assay::stats
