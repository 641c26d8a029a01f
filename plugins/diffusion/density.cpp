#include "plugins/diffusion/density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <string>

namespace diffusion {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kReach = 10;

double square(double x) { return x * x; }

/// out_i = sum_j kernel_|j| in_(i+j), |j| < kernel.size(); in is padded by that much on both sides.
void convolve(const double* __restrict in, std::span<const double> kernel, double* __restrict out,
              int64_t n) {
  constexpr int64_t kBlock = 512;  // of `out`, so that it stays in the first-level cache
  const auto half = static_cast<int64_t>(kernel.size()) - 1;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const int64_t end = std::min(n, begin + kBlock);
    for (int64_t i = begin; i < end; ++i) out[i] = kernel[0] * in[half + i];
    for (int64_t j = 1; j <= half; ++j) {
      const double weight = kernel[static_cast<size_t>(j)];
      const double *left = in + half - j, *right = in + half + j;
      for (int64_t i = begin; i < end; ++i) out[i] += weight * (left[i] + right[i]);
    }
  }
}

void need_finite(const Grid& grid, std::span<const double> to) {
  for (size_t i = 0; i < to.size(); ++i)
    if (!std::isfinite(to[i]))
      throw std::invalid_argument("the noise prediction is not finite at x = " +
                                  std::to_string(grid.at(static_cast<int64_t>(i))));
}

}  // namespace

Grid grid_for(const Mixture& mixture, int64_t points) {
  const auto [lo, hi] = std::minmax_element(mixture.modes.begin(), mixture.modes.end());
  return {std::min(-6.0, *lo - 3), std::max(6.0, *hi + 3), points};
}

double Density::total() const { return std::accumulate(mass.begin(), mass.end(), 0.0); }

double Density::between(double lo, double hi) const {
  const double dx = grid.step();
  double sum = 0;
  for (int64_t i = 0; i < grid.points; ++i) {
    const double left = grid.at(i) - dx / 2, right = left + dx;
    const double covered = std::min(hi, right) - std::max(lo, left);
    if (covered > 0) sum += mass[static_cast<size_t>(i)] * std::min(1.0, covered / dx);
  }
  return sum;
}

Density standard_normal(const Grid& grid) {
  Density density{grid, {}};
  for (int64_t i = 0; i < grid.points; ++i)
    density.mass.push_back(std::exp(-square(grid.at(i)) / 2));
  const double total = density.total();
  for (double& m : density.mass) m /= total;
  return density;
}

double mass_beyond(const Density& density, const Mixture& mixture, double distance) {
  std::vector<double> modes = mixture.modes;
  std::sort(modes.begin(), modes.end());
  double sum = 0, from = -kInfinity;
  for (const double mode : modes) {
    if (mode - distance > from) sum += density.between(from, mode - distance);
    from = mode + distance;
  }
  return sum + density.between(from, kInfinity);
}

double true_density(const Mixture& mixture, double x) {
  double sum = 0;
  for (size_t k = 0; k < mixture.modes.size(); ++k)
    sum += mixture.weights[k] * std::exp(-square((x - mixture.modes[k]) / mixture.sigma) / 2);
  return sum / (mixture.sigma * std::sqrt(2 * std::numbers::pi));
}

void move(Density& density, std::span<const double> to) {
  const auto n = static_cast<double>(density.grid.points);
  std::vector<double> moved(density.mass.size());
  need_finite(density.grid, to);
  for (size_t i = 0; i < to.size(); ++i) {
    const double place = (to[i] - density.grid.lo) / density.grid.step();
    if (place <= -1 || place >= n) continue;
    const double left = std::floor(place), right = place - left;  // right: what cell left + 1 gets
    if (left >= 0) moved[static_cast<size_t>(left)] += density.mass[i] * (1 - right);
    if (left + 1 < n) moved[static_cast<size_t>(left + 1)] += density.mass[i] * right;
  }
  density.mass = std::move(moved);
}

void stretch(Density& density, std::span<const double> to) {
  need_finite(density.grid, to);
  const auto n = density.mass.size();
  std::vector<double> moved(n);
  // Places in cells: cell c covers c .. c + 1. Ends of cells lie half way to their neighbours.
  const auto place = [&](double x) { return (x - density.grid.lo) / density.grid.step() + 0.5; };
  for (size_t i = 0; i < n; ++i) {
    const double one = place(i > 0 ? (to[i - 1] + to[i]) / 2 : to[i]);
    const double other = place(i + 1 < n ? (to[i] + to[i + 1]) / 2 : to[i]);
    const double left = std::min(one, other), right = std::max(one, other);
    if (right <= 0 || left >= static_cast<double>(n)) continue;
    const auto first = static_cast<size_t>(std::max(left, 0.0));
    const auto last = static_cast<size_t>(std::min(right, static_cast<double>(n - 1)));
    if (left >= static_cast<double>(first) && right < static_cast<double>(first + 1)) {
      moved[first] += density.mass[i];
      continue;
    }
    for (size_t c = first; c <= last; ++c) {
      const auto cell = static_cast<double>(c);
      const double covered = std::min(right, cell + 1) - std::max(left, cell);
      moved[c] += density.mass[i] * covered / (right - left);
    }
  }
  density.mass = std::move(moved);
}

int64_t reach(const Grid& grid, double sigma) {
  return static_cast<int64_t>(std::ceil(kReach * sigma / grid.step()));
}

void spread(Density& density, double sigma) {
  const double dx = density.grid.step();
  const auto half = static_cast<size_t>(reach(density.grid, sigma));
  std::vector<double> kernel(half + 1);
  for (size_t j = 0; j <= half; ++j)
    kernel[j] = std::exp(-square(static_cast<double>(j) * dx / sigma) / 2);
  const double total = 2 * std::accumulate(kernel.begin(), kernel.end(), 0.0) - kernel[0];
  for (double& weight : kernel) weight /= total;
  std::vector<double> padded(density.mass.size() + 2 * half);
  std::copy(density.mass.begin(), density.mass.end(),
            padded.begin() + static_cast<ptrdiff_t>(half));
  convolve(padded.data(), kernel, density.mass.data(), density.grid.points);
}

}  // namespace diffusion
