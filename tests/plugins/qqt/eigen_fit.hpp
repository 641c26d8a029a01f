// The joint fit by Eigen's Levenberg-Marquardt, a port of MINPACK's, for comparison: bounds through
// x = low + (high - low) / (1 + exp(-z)).
#pragma once
#include "plugins/qqt/joint_fit.hpp"

#include <algorithm>
#include <cmath>
#include <unsupported/Eigen/NonLinearOptimization>

namespace qqt {

struct EigenFit {
  double sse = INFINITY;
};

/// Residuals and their Jacobian in z, for Eigen.
struct TransformedResiduals {
  using Scalar = double;
  using InputType = Vector;
  using ValueType = Vector;
  using JacobianType = Matrix;
  enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };

  const JointProblem& problem;
  mutable std::vector<double> error, scratch;
  mutable std::vector<Gradient> gradient;

  explicit TransformedResiduals(const JointProblem& p)
      : problem(p), error(p.points()), scratch(2 * p.points()), gradient(p.points()) {}
  int inputs() const { return static_cast<int>(problem.bounds().low.size()); }
  int values() const { return static_cast<int>(problem.points()); }

  Vector theta(const Vector& z) const {
    const auto& box = problem.bounds();
    return box.low.array() + (box.high - box.low).array() / (1 + (-z.array()).exp());
  }
  Vector inverse(const Vector& theta) const {
    const auto& box = problem.bounds();
    const Eigen::ArrayXd share =
        ((theta - box.low).array() / (box.high - box.low).array()).max(1e-6).min(1 - 1e-6);
    return (share / (1 - share)).log();
  }
  int operator()(const Vector& z, Vector& r) const {
    const Vector at = theta(z);
    Eigen::Index row = 0;
    for (size_t c = 0; c < problem.curves(); ++c) {
      evaluate(problem.options().setting, problem.epochs(c), problem.parameters(at, c),
               error.data(), nullptr, scratch.data());
      for (const double y : problem.measured(c)) {
        r[row] = error[static_cast<size_t>(row) - first(c)] - y;
        ++row;
      }
    }
    return 0;
  }
  int df(const Vector& z, Matrix& J) const {
    const auto& box = problem.bounds();
    const Vector at = theta(z);
    J.setZero();
    Eigen::Index row = 0;
    for (size_t c = 0; c < problem.curves(); ++c) {
      evaluate(problem.options().setting, problem.epochs(c), problem.parameters(at, c),
               error.data(), gradient.data(), scratch.data());
      for (size_t j = 0; j < problem.measured(c).size(); ++j, ++row) {
        const double slope[] = {gradient[j].ln_a, gradient[j].b, gradient[j].ln_tau, gradient[j].d};
        for (size_t i = 0; i < 4; ++i)
          if (const int p = problem.places(c)[i]; p >= 0) {
            const double share = (at[p] - box.low[p]) / (box.high[p] - box.low[p]);
            J(row, p) += slope[i] * (box.high[p] - box.low[p]) * share * (1 - share);
          }
      }
    }
    return 0;
  }

 private:
  size_t first(size_t curve) const {
    size_t sum = 0;
    for (size_t c = 0; c < curve; ++c) sum += problem.measured(c).size();
    return sum;
  }
};

/// From the same starts as fit_jointly: the projected one, and as many around it at random.
inline EigenFit fit_with_eigen(const JointProblem& problem, uint64_t key) {
  const TransformedResiduals residuals(problem);
  assay::Stream draws(key);
  EigenFit best;
  const Vector start = residuals.inverse(projected_start(problem));
  for (int64_t s = 0; s < problem.options().starts; ++s) {
    Vector z = start;
    if (s > 0)
      for (Eigen::Index i = 0; i < z.size(); ++i) z[i] += 2 * draws.uniform() - 1;
    Eigen::LevenbergMarquardt<const TransformedResiduals> lm(residuals);
    lm.parameters.ftol = lm.parameters.xtol = 1e-12;
    lm.minimize(z);
    best.sse = std::min(best.sse, lm.fvec.squaredNorm());
  }
  return best;
}

}  // namespace qqt
