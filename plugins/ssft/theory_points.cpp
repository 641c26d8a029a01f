// Draws by (point, coordinate), so that a block of coordinates of all points can be had at a time.
#include "plugins/ssft/theory_points.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace ssft {
namespace {
constexpr uint32_t kNoise = 0, kLabels = 1;  // layers of the generator

/// Two independent standard normal numbers (Box and Muller, 1958).
std::pair<double, double> normal_pair(const assay::Philox& philox, size_t point, size_t pair) {
  const auto w = philox.words(point, kNoise, static_cast<uint32_t>(pair));
  const auto uniform = [](uint32_t high, uint32_t low) {  // in (0, 1]
    return (static_cast<double>((uint64_t{high} << 21) ^ (low >> 11)) + 1) * 0x1p-53;
  };
  const double radius = std::sqrt(-2 * std::log(uniform(w[0], w[1])));
  const double angle = 2 * std::numbers::pi * uniform(w[2], w[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}
}  // namespace

Points::Points(const PointsOptions& options, uint64_t key) : options_(options), key_(key) {
  if (options.n_majority < 1 || options.n_mislabelled < 1 || options.n_rare < 1)
    throw std::invalid_argument(
        "the linear theory needs at least one point of each kind (n_majority, n_mislabelled, "
        "n_rare)");
  if (options.d < 2)
    throw std::invalid_argument("d is " + std::to_string(options.d) +
                                ", but the points need at least 2 dimensions");
  if (!std::isfinite(options.mu))
    throw std::invalid_argument("mu, the length of the groups' mean, must be a finite number");
  const assay::Philox philox(key);
  for (int64_t i = 0; i < options.n(); ++i)
    label_.push_back(philox.words(static_cast<uint64_t>(i), kLabels)[0] & 1U ? 1 : -1);
}

void Points::coordinates(size_t first, size_t count, size_t stride, double* z) const {
  const assay::Philox philox(key_);
  const auto d = static_cast<size_t>(options_.d);
  const double scale = 1 / std::sqrt(static_cast<double>(d));
  for (size_t i = 0; i < n(); ++i)
    for (size_t k = 0; k < count; k += 2) {
      const auto [u, v] = normal_pair(philox, i, (first + k) / 2);
      z[k * stride + i] = first + k < d ? label_[i] * scale * u : 0;
      z[(k + 1) * stride + i] = first + k + 1 < d ? label_[i] * scale * v : 0;
    }
  if (first > 0) return;
  const auto right = static_cast<size_t>(options_.n_majority),
             wrong = right + static_cast<size_t>(options_.n_mislabelled);
  for (size_t i = 0; i < n(); ++i) {  // y y* = 1, but -1 for the mislabelled
    if (i < wrong) z[i] += i < right ? options_.mu : -options_.mu;
    if (i >= wrong && options_.rare_group) z[stride + i] += options_.mu;
  }
}

std::vector<double> Points::signed_point(size_t i) const {
  const size_t even = static_cast<size_t>(options_.d + 1) / 2 * 2;
  std::vector<double> all(even * n());
  coordinates(0, even, n(), all.data());
  std::vector<double> x(static_cast<size_t>(options_.d));
  for (size_t k = 0; k < x.size(); ++k) x[k] = all[k * n() + i];
  return x;
}

Gram gram_matrix(const Points& a, const Points& b) {
  constexpr size_t kCoordinates = 64;  // at a time: they stay in the cache
  const size_t n = a.n() + b.n(), padded = (n + kTile - 1) / kTile * kTile;
  std::vector<double> z(kCoordinates * padded), sums(padded * padded);
  for (size_t first = 0; first < a.dimensions(); first += kCoordinates) {
    a.coordinates(first, kCoordinates, padded, z.data());
    b.coordinates(first, kCoordinates, padded, z.data() + a.n());
    add_products(z.data(), kCoordinates, padded, sums.data());
  }
  Gram g{n, std::vector<double>(n * n)};
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      g.values[i * n + j] = sums[std::min(i, j) * padded + std::max(i, j)];
  return g;
}

}  // namespace ssft
