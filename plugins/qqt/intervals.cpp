#include "plugins/qqt/intervals.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace qqt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kChi90 = 2.7055434540954;  // 90 % of chi squared with one degree of freedom
constexpr MinimiseOptions kRefit{100, 1e-10};

std::set<int64_t> seeds_of(const Curve& c) {
  std::set<int64_t> seeds;
  for (const Point& p : c.points) seeds.insert(p.seed);
  return seeds;
}

/// Puts a resampled data set into `problem`.
void resample_residuals(JointProblem& problem, const std::vector<std::vector<double>>& fitted,
                        const std::vector<std::vector<double>>& residuals, assay::Stream& draws) {
  for (size_t c = 0; c < fitted.size(); ++c) {
    std::vector<double> error = fitted[c];
    for (double& e : error) e += residuals[c][draws.below(residuals[c].size())];
    problem.replace(c, error);
  }
}

void resample_seeds(JointProblem& problem, const std::vector<Curve>& curves, assay::Stream& draws) {
  std::map<std::set<int64_t>, std::map<int64_t, double>> times;  // of each seed, by set of seeds
  for (size_t c = 0; c < curves.size(); ++c) {
    const std::set<int64_t> seeds = seeds_of(curves[c]);
    const auto [drawn, fresh] = times.try_emplace(seeds);
    if (fresh) {
      const std::vector<int64_t> list(seeds.begin(), seeds.end());
      for (size_t i = 0; i < list.size(); ++i) ++drawn->second[list[draws.below(list.size())]];
    }
    std::vector<double> weight;
    for (const Point& p : curves[c].points) weight.push_back(drawn->second[p.seed]);
    problem.weigh(c, weight);
  }
}

}  // namespace

bool has_seeds(const std::vector<Curve>& curves, size_t least) {
  return std::all_of(curves.begin(), curves.end(),
                     [&](const Curve& c) { return seeds_of(c).size() >= least; });
}

Draws bootstrap(const JointProblem& problem, const Fit& fit, const std::vector<Curve>& curves,
                Resample how, int64_t count, uint64_t key,
                const std::function<void(int64_t)>& tick) {
  const size_t M = problem.points(), P = problem.free_parameters();
  if (how == Resample::residuals && M <= P) return {};
  const double inflation = std::sqrt(static_cast<double>(M) / static_cast<double>(M - P));
  std::vector<std::vector<double>> fitted, residuals;
  for (size_t c = 0; c < problem.curves(); ++c) {
    fitted.push_back(problem.fitted(fit.theta, c));
    std::vector<double> r;
    double mean = 0;
    for (size_t j = 0; j < fitted[c].size(); ++j) {
      r.push_back(problem.measured(c)[j] - fitted[c][j]);
      mean += r.back() / static_cast<double>(fitted[c].size());
    }
    for (double& x : r) x = (x - mean) * inflation;
    residuals.push_back(std::move(r));
  }
  JointProblem again = problem;
  assay::Stream draws(key);
  Draws out;
  for (int64_t i = 0; i < count; ++i) {
    if (how == Resample::residuals)
      resample_residuals(again, fitted, residuals, draws);
    else
      resample_seeds(again, curves, draws);
    out.push_back(make_fit(again, minimise(again, fit.theta, again.bounds(), kRefit)).parameters);
    if (tick) tick(i + 1);
  }
  return out;
}

Matrix covariance(const JointProblem& problem, const Fit& fit) {
  const Bounds& box = problem.bounds();
  const Eigen::Index p = fit.theta.size();
  Vector g(p);
  Matrix H(p, p), out = Matrix::Zero(p, p);
  const double sum = problem.normal(fit.theta, &g, &H);
  std::vector<Eigen::Index> inner;
  for (Eigen::Index i = 0; i < p; ++i)
    if (fit.theta[i] > box.low[i] && fit.theta[i] < box.high[i]) inner.push_back(i);
  const auto f = static_cast<Eigen::Index>(inner.size());
  const auto freedom = static_cast<double>(problem.points()) - static_cast<double>(f);
  Matrix part(f, f);
  for (Eigen::Index i = 0; i < f; ++i)
    for (Eigen::Index j = 0; j < f; ++j)
      part(i, j) = H(inner[static_cast<size_t>(i)], inner[static_cast<size_t>(j)]);
  const Eigen::LLT<Matrix> factor(part);
  const bool possible = factor.info() == Eigen::Success && freedom > 0;
  const Matrix inverse = possible ? Matrix(factor.solve(Matrix::Identity(f, f)) * (sum / freedom))
                                  : Matrix(Matrix::Constant(f, f, kNaN));
  for (Eigen::Index i = 0; i < f; ++i)
    for (Eigen::Index j = 0; j < f; ++j)
      out(inner[static_cast<size_t>(i)], inner[static_cast<size_t>(j)]) = inverse(i, j);
  return out;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

void find_interval(Profile& p, size_t points) {
  p.best = static_cast<size_t>(std::min_element(p.sse.begin(), p.sse.end()) - p.sse.begin());
  const double most = p.sse[p.best] * std::exp(kChi90 / static_cast<double>(points));
  const auto inside = [&](size_t i) { return p.sse[i] <= most; };
  size_t low = p.best, high = p.best;
  while (low > 0 && inside(low - 1)) --low;
  while (high + 1 < p.d.size() && inside(high + 1)) ++high;
  p.low = p.d[low], p.high = p.d[high];
}

Profile profile_d(const std::vector<Curve>& curves, FitOptions options,
                  const std::vector<double>& d, uint64_t key) {
  Profile profile;
  options.d_free = false;
  for (const double value : d) {
    options.d = value;
    const Fit fit = fit_jointly(JointProblem(curves, options), key);
    profile.d.push_back(value);
    profile.sse.push_back(fit.sse);
    profile.a.push_back(fit.parameters.front().a);
  }
  size_t points = 0;
  for (const Curve& c : curves) points += c.points.size();
  find_interval(profile, points);
  return profile;
}

}  // namespace qqt
