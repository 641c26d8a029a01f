// Filling the table, and reading it by linear interpolation.
#include "plugins/common/kernel.hpp"
#include "plugins/diffusion/table.hpp"

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

/// The cell left of each x is clamped to the grid's first and last, so that both ends go on as
/// straight lines.
ASSAY_KERNEL void interpolate(const float* row, float low, float per_unit, int32_t last_cell,
                              const float* x, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) {
    const float place = (x[i] - low) * per_unit;
    const float bounded = std::min(std::max(place, 0.0f), static_cast<float>(last_cell));
    const auto cell = static_cast<int32_t>(bounded);
    const float share = place - static_cast<float>(cell);
    out[i] = row[cell] + share * (row[cell + 1] - row[cell]);
  }
}
}  // namespace

std::array<double, 2> table_range(const Mixture& mixture) {
  std::array<double, 2> range{-6, 6};
  for (const double mode : mixture.modes)
    range = {std::min(range[0], mode - 5), std::max(range[1], mode + 5)};
  return range;
}

TableDenoiser::TableDenoiser(Denoiser& model, const std::vector<Step>& chain,
                             std::array<double, 2> range, int64_t points)
    : low_(static_cast<float>(range[0])),
      per_unit_(static_cast<float>(static_cast<double>(points - 1) / (range[1] - range[0]))),
      points_(points) {
  const auto [low, high] = range;
  if (model.features() != 1)
    throw std::invalid_argument("source = \"table\" is for data of one dimension, and these have " +
                                std::to_string(model.features()) + "; use source = \"model\"");
  if (points < 2 || !(high > low)) throw std::invalid_argument("a grid has at least two points");
  std::vector<float> grid(static_cast<size_t>(points));
  for (int64_t i = 0; i < points; ++i)
    grid[static_cast<size_t>(i)] = static_cast<float>(low + (high - low) * static_cast<double>(i) /
                                                                static_cast<double>(points - 1));
  values_.resize(chain.size() * grid.size());
  int64_t row = 0;
  for (const Step& step : chain) {
    if (step.t >= static_cast<int64_t>(row_.size()))
      row_.resize(static_cast<size_t>(step.t) + 1, -1);
    row_[static_cast<size_t>(step.t)] = row;
    model.eps(grid.data(), points, step.t, values_.data() + row * points);
    ++row;
  }
}

void TableDenoiser::eps(const float* x, int64_t n, int64_t t, float* eps) {
  const int64_t row = row_.at(static_cast<size_t>(t));
  if (row < 0) throw std::out_of_range("timestep " + std::to_string(t) + " is not in the table");
  interpolate(values_.data() + row * points_, low_, per_unit_, static_cast<int32_t>(points_ - 2), x,
              n, eps);
}

}  // namespace diffusion
