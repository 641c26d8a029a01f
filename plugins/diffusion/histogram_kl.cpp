#include "plugins/diffusion/histogram_kl.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace diffusion {
namespace {

struct Axis {
  double low, high;
  int64_t bins;
  /// The bin of a number; -1: beyond the ends. The last bin has both its ends, as numpy's.
  int64_t bin(double x) const {
    if (!(x >= low && x <= high)) return -1;
    const double place = (x - low) / (high - low) * static_cast<double>(bins);
    return std::min(static_cast<int64_t>(place), bins - 1);
  }
};

Axis axis(std::span<const float> data, int64_t d, int64_t coordinate, int64_t bins) {
  double low = static_cast<double>(data[static_cast<size_t>(coordinate)]), high = low;
  for (size_t i = static_cast<size_t>(coordinate); i < data.size(); i += static_cast<size_t>(d)) {
    low = std::min(low, static_cast<double>(data[i]));
    high = std::max(high, static_cast<double>(data[i]));
  }
  const double margin = high > low ? 0.05 * (high - low) : 0.5;
  return {low - margin, high + margin, bins};
}

/// Shares of the bins.
std::vector<double> histogram(std::span<const float> x, const std::vector<Axis>& axes) {
  size_t size = 1;
  for (const Axis& a : axes) size *= static_cast<size_t>(a.bins);
  std::vector<double> share(size);
  double sum = 1e-9;
  for (size_t i = 0; i + axes.size() <= x.size(); i += axes.size()) {
    int64_t at = 0;
    for (size_t c = 0; c < axes.size() && at >= 0; ++c) {
      const int64_t bin = axes[c].bin(static_cast<double>(x[i + c]));
      at = bin < 0 ? -1 : at * axes[c].bins + bin;
    }
    if (at < 0) continue;
    share[static_cast<size_t>(at)] += 1;
    sum += 1;
  }
  for (double& s : share) s /= sum;
  return share;
}

}  // namespace

double histogram_kl(std::span<const float> data, std::span<const float> samples, int64_t d) {
  if (d != 1 && d != 2)
    throw std::invalid_argument("histograms are of 1 or 2 coordinates, not " + std::to_string(d));
  const auto n = static_cast<int64_t>(data.size()) / d;
  if (n < 10 || samples.empty())
    throw std::invalid_argument("a histogram needs 10 data points and a sample");
  const auto bins = static_cast<int64_t>(std::sqrt(static_cast<double>(n / 10)));
  std::vector<Axis> axes;
  for (int64_t c = 0; c < d; ++c) axes.push_back(axis(data, d, c, bins));
  const auto p = histogram(data, axes), q = histogram(samples, axes);
  double kl = 0;
  for (size_t i = 0; i < p.size(); ++i)
    kl += p[i] * (std::log(p[i] + 1e-9) - std::log(q[i] + 1e-9));
  return kl;
}

}  // namespace diffusion
