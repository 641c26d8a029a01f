#include "plugins/diffusion/ramp.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffusion {
namespace {

/// Where eps first falls below `level` after position `from`, between grid points.
double crossing(std::span<const double> x, std::span<const double> eps, size_t from, double level) {
  size_t i = from;
  while (i + 1 < eps.size() && eps[i + 1] > level) ++i;
  if (i + 1 == eps.size()) return x[i];
  const double part = (eps[i] - level) / (eps[i] - eps[i + 1]);
  return x[i] + part * (x[i + 1] - x[i]);
}

}  // namespace

Ramp ramp_of(std::span<const double> x, std::span<const double> eps, std::span<const double> x0) {
  Ramp ramp{0, std::numeric_limits<double>::quiet_NaN()};
  for (size_t i = 1; i + 1 < x.size(); ++i)
    ramp.steepest =
        std::max(ramp.steepest, std::abs((x0[i + 1] - x0[i - 1]) / (x[i + 1] - x[i - 1])));
  // The deepest fall of eps from a value to a later one.
  double top = eps[0], fall = 0;
  size_t top_at = 0, from = 0;
  for (size_t i = 1; i < eps.size(); ++i) {
    if (eps[i] > top) top = eps[i], top_at = i;
    if (top - eps[i] > fall) fall = top - eps[i], from = top_at;
  }
  if (fall > 0)
    ramp.width = crossing(x, eps, from, eps[from] - 0.9 * fall) -
                 crossing(x, eps, from, eps[from] - 0.1 * fall);
  return ramp;
}

}  // namespace diffusion
