#include "plugins/qqt/diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace qqt {
namespace {

/// Errors by n.
std::map<double, std::vector<double>> by_samples(const Curve& curve) {
  std::map<double, std::vector<double>> out;
  for (const Point& p : curve.points) out[p.n].push_back(p.error);
  return out;
}

double mean(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

void diagnose_curve(const JointProblem& problem, const Fit& fit, const Curve& curve, size_t c,
                    std::vector<Warning>& found) {
  const std::string pool = "pool \"" + curve.pool + "\"";
  for (const auto& name : at_bounds(problem, fit.theta, c)) {
    const auto place = std::find(kParameters.begin(), kParameters.end(), name);
    const double value =
        value_of(fit.parameters[c], static_cast<size_t>(place - kParameters.begin()));
    found.push_back({"at_bound", curve.pool,
                     pool + " ends at a bound of its range, " + name + " = " + shown(value) +
                         ": the curve does not determine it"});
  }
  if (std::abs(fit.parameters[c].b) > kSteep)
    found.push_back({"steep", curve.pool,
                     pool + " has b = " + shown(fit.parameters[c].b) +
                         ", beyond 0.7: its curve is a warm-up or a floor, not a power law, and "
                         "predictions for unions mean nothing"});
  const auto fitted = problem.fitted(fit.theta, c);
  const size_t runs = sign_runs(curve, fitted);
  if (by_samples(curve).size() >= 5 && runs > 0 && runs <= 2)
    found.push_back({"runs", curve.pool,
                     pool + " leaves residuals of " + std::to_string(runs) +
                         " runs of signs: its curve bends otherwise than the law; drop a warm-up "
                         "with min_n"});
  if (*std::max_element(fitted.begin(), fitted.end()) > 1)
    found.push_back(
        {"above_one", curve.pool, pool + " has a fitted error above 1 at a measured point"});
}

}  // namespace

double noise_of(const Curve& curve) {
  std::vector<double> said;
  for (const Point& p : curve.points)
    if (std::isfinite(p.sd)) said.push_back(p.sd);
  if (!said.empty()) return mean(said);
  double squares = 0, freedom = 0;
  for (const auto& [n, errors] : by_samples(curve)) {
    const double middle = mean(errors);
    for (const double e : errors) squares += (e - middle) * (e - middle);
    freedom += static_cast<double>(errors.size() - 1);
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : std::numeric_limits<double>::quiet_NaN();
}

bool is_flat(const Curve& curve, double noise, double flat_above) {
  const auto errors_at = by_samples(curve);
  const size_t third = std::max<size_t>(1, errors_at.size() / 3);
  double low = 2;
  std::vector<std::vector<double>> blocks;
  size_t i = 0;
  for (const auto& [n, errors] : errors_at) {
    low = std::min(low, mean(errors));
    if (i++ % third == 0) blocks.emplace_back();
    blocks.back().insert(blocks.back().end(), errors.begin(), errors.end());
  }
  const auto& first = blocks.front();
  const bool falls = std::any_of(blocks.begin() + 1, blocks.end(), [&](const auto& later) {
    const double weight =
        1 / static_cast<double>(first.size()) + 1 / static_cast<double>(later.size());
    return mean(first) - mean(later) >= 3 * noise * std::sqrt(weight);
  });
  return low > flat_above || (std::isfinite(noise) && !falls);
}

size_t sign_runs(const Curve& curve, const std::vector<double>& fitted) {
  std::map<double, double> residual;
  double largest = 0;
  for (size_t j = 0; j < fitted.size(); ++j) {
    residual[curve.points[j].n] += curve.points[j].error - fitted[j];
    largest = std::max(largest, std::abs(curve.points[j].error - fitted[j]));
  }
  if (largest < 1e-9) return 0;
  size_t runs = 0;
  bool positive = false;
  for (const auto& [n, r] : residual) {
    if (runs == 0 || (r > 0) != positive) ++runs;
    positive = r > 0;
  }
  return runs;
}

std::vector<std::string> at_bounds(const JointProblem& problem, const Vector& theta, size_t curve) {
  const Bounds& box = problem.bounds();
  std::vector<std::string> out;
  for (size_t i = 0; i < 4; ++i) {
    const int at = problem.places(curve)[i];
    if (at < 0 || box.low[at] == box.high[at]) continue;
    const double margin = 1e-6 * (box.high[at] - box.low[at]);
    if (theta[at] <= box.low[at] + margin || theta[at] >= box.high[at] - margin)
      out.emplace_back(kParameters[i]);
  }
  return out;
}

std::vector<Warning> diagnose(const JointProblem& problem, const Fit& fit,
                              const std::vector<Curve>& curves) {
  std::vector<Warning> found;
  for (size_t c = 0; c < curves.size(); ++c) diagnose_curve(problem, fit, curves[c], c, found);
  if (problem.points() <= problem.free_parameters())
    found.push_back({"few_points", "",
                     "there are " + std::to_string(problem.points()) + " points for " +
                         std::to_string(problem.free_parameters()) +
                         " parameters: no intervals, and any curve fits"});
  if (!fit.converged)
    found.push_back({"not_converged", "",
                     "the search ended before its best start had converged: give more starts, or "
                     "narrower ranges"});
  return found;
}

}  // namespace qqt
