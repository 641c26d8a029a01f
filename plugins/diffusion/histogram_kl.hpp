// How far the histogram of samples is from that of data in one or two dimensions, as the released
// code follows a model through generations. No LibTorch.
#pragma once
#include <cstdint>
#include <span>

namespace diffusion {

/// KL = sum p (ln(p + 1e-9) - ln(q + 1e-9)) over the bins, p and q the shares of data and samples,
/// each count over the sum of counts + 1e-9. There are floor(sqrt(floor(n / 10))) bins along each
/// coordinate, n the number of data points, over their range widened by 5 % of its length on both
/// sides; samples beyond it are not counted, so that q sums to 1 over those within.
/// data (n, d) and samples (m, d), d = 1 or 2. std::invalid_argument for another d, or n < 10, or
/// no sample.
///
/// Deviation: the released code's histogram of the data is of the first batch alone.
double histogram_kl(std::span<const float> data, std::span<const float> samples, int64_t d);

}  // namespace diffusion
