// The released code's search, made complete and deterministic: every node of a grid of (a, b, tau).
#pragma once
#include "plugins/qqt/joint_fit.hpp"

#include <cstdint>
#include <vector>

namespace qqt {

/// The values of each parameter, ascending. The released code has 100 each: a from 1e-4, b from
/// -0.5 to -0.005, tau from 1 to 10.
struct GridAxes {
  std::vector<double> a, b, tau;
};

/// `count` values from low to high, both included; low alone if count is 1.
std::vector<double> evenly(Range range, int64_t count);

/// For each a the smallest SSE of a curve over all (b, tau), and where: the first in the order of
/// b, then tau. (|a|,) each.
struct GridBest {
  std::vector<double> sse;
  std::vector<size_t> b, tau;
};

/// Searches the |a| |b| |tau| nodes of one curve at a given d. R = prod (h_k / l_k)^{b_k} depends
/// on (b, tau) only and E = A C1 + d C2 with A = a^b, so for each (b, tau)
///   SSE(a) = S_min + C11 (a^b - A*)^2,
/// with A* the best A and S_min its SSE: |b| |tau| m exponentials, and three operations a node.
GridBest search_grid(const Setting& setting, const Epochs& epochs, const std::vector<double>& error,
                     const GridAxes& axes, double d);

/// Fits by the grid: each curve alone, with the a of smallest summed SSE if a is shared; the first
/// of equal ones. Curves of one quality do not share b here.
Fit fit_by_grid(const JointProblem& problem, const GridAxes& axes, double d);

}  // namespace qqt
