#include "plugins/qqt/levenberg.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <vector>

namespace qqt {
namespace {

constexpr double kFirstDamping = 1e-3, kMostDamping = 1e16;

/// The linear algebra of one step, in memory that is allocated once.
class Step {
 public:
  explicit Step(Eigen::Index p) : H_(p, p), rhs_(p), solver_(p) { free_.reserve(size(p)); }

  /// Which parameters may move: not those that the gradient pushes out of the box.
  void choose(const Vector& x, const Vector& g, const Bounds& box) {
    free_.clear();
    for (Eigen::Index i = 0; i < x.size(); ++i)
      if ((x[i] > box.low[i] || g[i] < 0) && (x[i] < box.high[i] || g[i] > 0) &&
          box.low[i] < box.high[i])
        free_.push_back(i);
  }
  /// The damped step of the free parameters, cut at the bounds; 0 for the rest.
  void solve(const Vector& x, const Vector& g, const Matrix& H, double damping, const Bounds& box,
             Vector& step) {
    const auto f = static_cast<Eigen::Index>(free_.size());
    for (Eigen::Index i = 0; i < f; ++i) {
      rhs_[i] = -g[at(i)];
      for (Eigen::Index j = 0; j < f; ++j) H_(i, j) = H(at(i), at(j));
      H_(i, i) += damping * std::max(H_(i, i), 1e-30);
    }
    solver_.compute(H_.topLeftCorner(f, f));
    rhs_.head(f) = solver_.solve(rhs_.head(f));
    step.setZero();
    for (Eigen::Index i = 0; i < f; ++i) {
      const double to = x[at(i)] + rhs_[i];
      step[at(i)] = std::clamp(to, box.low[at(i)], box.high[at(i)]) - x[at(i)];
    }
  }

 private:
  static size_t size(Eigen::Index p) { return static_cast<size_t>(p); }
  Eigen::Index at(Eigen::Index i) const { return free_[size(i)]; }
  std::vector<Eigen::Index> free_;
  Matrix H_;
  Vector rhs_;
  Eigen::LDLT<Matrix> solver_;
};

}  // namespace

Minimum minimise(const LeastSquares& f, const Vector& start, const Bounds& box,
                 const MinimiseOptions& options) {
  const Eigen::Index p = start.size();
  Minimum m;
  m.x = start.cwiseMax(box.low).cwiseMin(box.high);
  Vector g(p), step(p), next(p);
  Matrix H(p, p);
  Step solver(p);
  m.sum = f.normal(m.x, &g, &H);
  double damping = kFirstDamping, growth = 2;
  while (m.iterations < options.most_iterations && !m.converged && damping < kMostDamping) {
    ++m.iterations;
    solver.choose(m.x, g, box);
    solver.solve(m.x, g, H, damping, box, step);
    const double expected = -(2 * g.dot(step) + step.dot(H * step));
    next = m.x + step;
    const double sum = f.normal(next, nullptr, nullptr);
    const double gain = (m.sum - sum) / expected;
    if (sum < m.sum && expected > 0) {
      m.converged = m.sum - sum <= options.tolerance * m.sum && expected <= 1e-6 * m.sum;
      m.x = next;
      m.sum = f.normal(m.x, &g, &H);
      damping *= std::max(1.0 / 3, 1 - std::pow(2 * gain - 1, 3));
      growth = 2;
    } else {
      // A step that the box cuts may promise nothing although a shorter one lowers the sum.
      m.converged = expected >= 0 && expected <= options.tolerance * m.sum;
      damping *= growth;
      growth *= 2;
    }
  }
  return m;
}

}  // namespace qqt
