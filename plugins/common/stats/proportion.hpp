// How far can a share that was counted be from the true one?
#pragma once
#include <cstdint>

namespace assay::stats {

struct Proportion {
  int64_t count, n;
  double rate;    // count / n
  double lo, hi;  // Wilson's interval for it
};

/// Wilson's score interval for `count` of `n`: the probabilities p that a normal test at this level
/// does not reject, |count/n - p| <= z sqrt(p (1 - p) / n), so
///   (count + z^2/2 -+ z sqrt(count (n - count) / n + z^2/4)) / (n + z^2).
/// Unlike the interval around the rate it stays in [0, 1] and has a width at 0 and n; at count = 0
/// it is [0, z^2 / (n + z^2)]. z = 1.959964 is 95 %. n = 0: rate, lo and hi are NaN.
/// std::invalid_argument unless 0 <= count <= n. Wilson (1927), J. Am. Stat. Assoc. 22.
Proportion wilson(int64_t count, int64_t n, double z = 1.959963984540054);

}  // namespace assay::stats
