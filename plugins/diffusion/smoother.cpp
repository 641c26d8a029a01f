#include "plugins/diffusion/smoother.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

namespace diffusion {
namespace {

constexpr int64_t kNarrow = 600;  // cells to either side, up to which terms are summed
constexpr double kPadding = 8;    // sigma

int64_t padded_length(const Grid& grid, double widest) {
  const auto padding = static_cast<int64_t>(std::ceil(kPadding * widest / grid.step()));
  const auto least = static_cast<uint64_t>(grid.points + std::min(grid.points, padding));
  return static_cast<int64_t>(std::bit_ceil(std::max<uint64_t>(least, 8)));
}

}  // namespace

Smoother::Smoother(const Grid& grid, double widest)
    : fourier_(padded_length(grid, widest)),
      padded_(static_cast<size_t>(fourier_.length())),
      gain_(padded_.size() / 2 + 1) {}

void Smoother::spread(Density& density, double sigma) {
  if (reach(density.grid, sigma) <= kNarrow) {
    diffusion::spread(density, sigma);
    return;
  }
  // The transform of N(0, sigma^2) is exp(-sigma^2 w^2 / 2), w in radians per unit length.
  const double per_bin =
      2 * std::numbers::pi * sigma / (static_cast<double>(fourier_.length()) * density.grid.step());
  std::fill(gain_.begin(), gain_.end(), 0.0);
  for (size_t k = 0; k < gain_.size(); ++k) {
    const double w = per_bin * static_cast<double>(k);
    if (w > 39) break;  // exp underflows
    gain_[k] = std::exp(-w * w / 2);
  }
  std::copy(density.mass.begin(), density.mass.end(), padded_.begin());
  std::fill(padded_.begin() + static_cast<ptrdiff_t>(density.mass.size()), padded_.end(), 0.0);
  fourier_.filter(padded_, gain_);
  // Rounding leaves negative masses where there is none.
  for (size_t i = 0; i < density.mass.size(); ++i) density.mass[i] = std::max(0.0, padded_[i]);
}

}  // namespace diffusion
