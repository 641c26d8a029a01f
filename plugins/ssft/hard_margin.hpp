// The hard-margin support vector machine without a bias, from inner products alone.
#pragma once
#include "plugins/ssft/gram.hpp"

#include <cstdint>

namespace ssft {

struct HardMargin {
  std::vector<double> coefficients;  // a, (n,), >= 0
  std::vector<double> margins;       // m = G a, (n,)
  double violation = 0;              // of the optimality conditions below
  int64_t sweeps = 0;
};

/// Which separator of the points keeps them farthest away? With v_i = y_i x_i and G_ij = v_i . v_j,
///   w = argmin |w|^2 with w . v_i >= 1 for all i  =  sum_i a_i v_i,
///   a = argmax_{a >= 0} sum_i a_i - a' G a / 2,
/// which is also the direction in which gradient descent on a separable set goes (Soudry et al.
/// 2018, JMLR 19). Solved by coordinate ascent, a_i += max(-a_i, (1 - m_i) / G_ii) in fixed order,
/// until no a_i moves by `tolerance` in a sweep of O(n^2). At the optimum m_i >= 1, and m_i = 1
/// where a_i > 0: `violation` is the largest failure of either.
///
/// std::invalid_argument if a point is 0 or not finite, or if the sweeps do not converge: then no
/// hyperplane through the origin separates the points, or hardly one.
HardMargin hard_margin(const Block& g, double tolerance = 1e-10, int64_t most_sweeps = 20000);

}  // namespace ssft
