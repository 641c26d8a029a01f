#include "plugins/ssft/hard_margin.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace ssft {
namespace {

/// How far m_i >= 1, and m_i = 1 where a_i > 0, is from true.
double violation(const HardMargin& s) {
  double worst = 0;
  for (size_t i = 0; i < s.margins.size(); ++i) {
    const double excess = s.margins[i] - 1;
    worst = std::max(worst, s.coefficients[i] > 0 ? std::abs(excess) : -excess);
  }
  return worst;
}
}  // namespace

HardMargin hard_margin(const Block& g, double tolerance, int64_t most_sweeps) {
  const size_t n = g.rows;
  for (size_t i = 0; i < n; ++i)
    if (!(g.row(i)[i] > 0 && std::isfinite(g.row(i)[i])))
      throw std::invalid_argument("point " + std::to_string(i) + " has the squared length " +
                                  std::to_string(g.row(i)[i]) +
                                  "; a separator needs points that are finite and not 0");
  HardMargin s{std::vector<double>(n), std::vector<double>(n), 0, 0};
  double moved = 1;
  while (moved > tolerance) {
    if (s.sweeps++ == most_sweeps)
      throw std::invalid_argument("no hyperplane through the origin was found to separate " +
                                  std::to_string(n) + " points in " + std::to_string(most_sweeps) +
                                  " sweeps; more dimensions make them separable");
    moved = 0;
    for (size_t i = 0; i < n; ++i) {
      double& a = s.coefficients[i];
      const double change = std::max(-a, (1 - s.margins[i]) / g.row(i)[i]);
      if (change == 0) continue;
      a += change;
      moved = std::max(moved, std::abs(change));
      add_combination({g.row(i), 1, n, g.stride}, {&change, 1}, s.margins);
    }
  }
  // The margins have gathered the rounding of all sweeps: compute them once more.
  std::fill(s.margins.begin(), s.margins.end(), 0.0);
  add_combination(g, s.coefficients, s.margins);
  s.violation = violation(s);
  return s;
}

}  // namespace ssft
