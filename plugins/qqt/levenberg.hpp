// Bounded nonlinear least squares for few parameters.
//
// Deviation from using a library's solver: Eigen's own LevenbergMarquardt takes no bounds. Through
// a transform of the bounded interval it is slower, and a minimum at a bound, which is where a
// curve that is not identified ends, is reached only in the limit; bench_qqt measures both.
#pragma once
#include <Eigen/Core>
#include <cstddef>

namespace qqt {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

/// A sum of squares sum_i r_i(x)^2 whose normal equations are cheap.
class LeastSquares {
 public:
  virtual ~LeastSquares() = default;
  /// The sum at x; J'r (p,) and J'J (p, p), with J_ij = dr_i / dx_j, if `g` is not null.
  virtual double normal(const Vector& x, Vector* g, Matrix* H) const = 0;
};

struct Bounds {
  Vector low, high;  // (p,), low <= high; equal: the parameter is fixed
};

struct MinimiseOptions {
  int most_iterations = 200;
  double tolerance = 1e-12;  // of the sum, relative: the decrease that is not worth a step
};

struct Minimum {
  Vector x;
  double sum = 0;
  int iterations = 0;
  bool converged = false;
};

/// Where in the box is the sum smallest, downhill from `start` (which is first moved into it)?
/// Levenberg-Marquardt, damped by the diagonal of J'J as Marquardt proposed and Nielsen's update:
/// parameters at a bound whose gradient points outwards stay; a step of the others is cut at the
/// bounds, and taken if it lowers the sum. O(p^3) an iteration.
Minimum minimise(const LeastSquares& f, const Vector& start, const Bounds& box,
                 const MinimiseOptions& options = {});

}  // namespace qqt
