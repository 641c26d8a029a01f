#include "plugins/qqt/joint_fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

namespace qqt {
namespace {

constexpr double kRounding = 1e-24;  // of a sum of squares; starts closer than that are equal

}  // namespace

JointProblem::JointProblem(const std::vector<Curve>& curves, const FitOptions& options)
    : options_(options) {
  if (curves.empty()) throw std::invalid_argument("there are no curves to fit");
  std::vector<Range> ranges;
  const auto add = [&](Range r) {
    ranges.push_back(r);
    return static_cast<int>(ranges.size()) - 1;
  };
  const Range ln_a{std::log(options.a_range.low), std::log(options.a_range.high)};
  const Range ln_tau{std::log(options.tau_range.low), std::log(options.tau_range.high)};
  const int shared_a = options.a_mode == Mode::shared ? add(ln_a) : -1;
  const int d = options.d_free ? add(options.d_range) : -1;
  const int shared_tau = options.tau_mode == Mode::shared ? add(ln_tau) : -1;
  std::map<std::string, int> b_of;
  size_t longest = 0;
  for (const Curve& c : curves) {
    const int a = options.a_mode == Mode::per_pool ? add(ln_a) : shared_a;
    const auto [b, fresh] = b_of.try_emplace(c.quality(), 0);
    if (fresh) b->second = add(options.b_range);
    const bool own_tau = options.tau_mode == Mode::per_pool && repeats(c);
    const int tau = own_tau ? add(ln_tau) : shared_tau;
    Data data{Epochs(samples_of(c), c.N), {}, {}, {a, b->second, tau, d}};
    for (const Point& p : c.points) data.error.push_back(p.error);
    data.weight.assign(data.error.size(), 1);
    points_ += data.error.size();
    longest = std::max(longest, data.error.size());
    curves_.push_back(std::move(data));
  }
  const auto p = static_cast<Eigen::Index>(ranges.size());
  bounds_.low.resize(p), bounds_.high.resize(p);
  for (Eigen::Index i = 0; i < p; ++i) {
    bounds_.low[i] = ranges[static_cast<size_t>(i)].low;
    bounds_.high[i] = ranges[static_cast<size_t>(i)].high;
  }
  value_.resize(longest), scratch_.resize(2 * longest), gradient_.resize(longest);
}

size_t JointProblem::free_parameters() const {
  return static_cast<size_t>((bounds_.low.array() < bounds_.high.array()).count());
}

Parameters JointProblem::parameters(const Vector& theta, size_t curve) const {
  const auto& place = curves_[curve].place;
  return {place[0] < 0 ? options_.a : std::exp(theta[place[0]]), theta[place[1]],
          place[2] < 0 ? options_.tau : std::exp(theta[place[2]]),
          place[3] < 0 ? options_.d : theta[place[3]]};
}

Vector JointProblem::theta(const std::vector<Parameters>& parameters) const {
  Vector theta(bounds_.low.size());
  for (size_t c = curves_.size(); c-- > 0;) {
    const auto& place = curves_[c].place;
    const Parameters& p = parameters[c];
    const double value[] = {std::log(p.a), p.b, std::log(p.tau), p.d};
    for (size_t i = 0; i < 4; ++i)
      if (place[i] >= 0) theta[place[i]] = value[i];
  }
  return theta;
}

double JointProblem::normal(const Vector& theta, Vector* g, Matrix* H) const {
  if (g) g->setZero(), H->setZero();
  double sum = 0;
  for (size_t c = 0; c < curves_.size(); ++c) {
    const Data& data = curves_[c];
    evaluate(options_.setting, data.epochs, parameters(theta, c), value_.data(),
             g ? gradient_.data() : nullptr, scratch_.data());
    double r_of[4] = {}, H_of[4][4] = {};
    for (size_t j = 0; j < data.error.size(); ++j) {
      const double r = value_[j] - data.error[j], w = data.weight[j];
      sum += w * r * r;
      if (!g) continue;
      const double slope[] = {gradient_[j].ln_a, gradient_[j].b, gradient_[j].ln_tau,
                              gradient_[j].d};
      for (int i = 0; i < 4; ++i) {
        r_of[i] += w * r * slope[i];
        for (int k = 0; k <= i; ++k) H_of[i][k] += w * slope[i] * slope[k];
      }
    }
    if (!g) continue;
    for (size_t i = 0; i < 4; ++i) {
      if (data.place[i] < 0) continue;
      (*g)[data.place[i]] += r_of[i];
      for (size_t k = 0; k < 4; ++k)
        if (data.place[k] >= 0)
          (*H)(data.place[i], data.place[k]) += k <= i ? H_of[i][k] : H_of[k][i];
    }
  }
  return std::isfinite(sum) ? sum : 1e300;
}

std::vector<double> JointProblem::fitted(const Vector& theta, size_t curve) const {
  const Data& data = curves_[curve];
  std::vector<double> value(data.error.size());
  evaluate(options_.setting, data.epochs, parameters(theta, curve), value.data(), nullptr,
           scratch_.data());
  return value;
}

void JointProblem::replace(size_t curve, std::span<const double> error) {
  curves_[curve].error.assign(error.begin(), error.end());
}

void JointProblem::weigh(size_t curve, std::span<const double> weight) {
  curves_[curve].weight.assign(weight.begin(), weight.end());
}

Fit make_fit(const JointProblem& problem, const Minimum& minimum) {
  Fit fit;
  fit.theta = minimum.x;
  fit.sse = minimum.sum;
  fit.converged = minimum.converged || minimum.sum < kRounding;
  for (size_t c = 0; c < problem.curves(); ++c)
    fit.parameters.push_back(problem.parameters(minimum.x, c));
  return fit;
}

Fit fit_jointly(const JointProblem& problem, uint64_t key) {
  const Bounds& box = problem.bounds();
  Minimum best = minimise(problem, projected_start(problem), box);
  std::vector<double> sums{best.sum};
  assay::Stream draws(key);
  for (int64_t s = 1; s < problem.options().starts; ++s) {
    // Random points of the middle of each range: a in 1e-3 .. 1, b / 2, tau in 0.5 .. 50.
    Vector x(box.low.size());
    for (Eigen::Index i = 0; i < x.size(); ++i) x[i] = draws.uniform();
    std::vector<Parameters> p(problem.curves());
    for (size_t c = 0; c < p.size(); ++c) {
      const auto& place = problem.places(c);
      const auto u = [&](size_t i) { return place[i] < 0 ? 0.5 : x[place[i]]; };
      p[c] = {std::exp(std::log(1e-3) * (1 - u(0))), 0.5 * box.low[place[1]] * (0.05 + 0.95 * u(1)),
              0.5 * std::pow(100, u(2)), 0.3 * u(3)};
    }
    const Minimum m = minimise(problem, problem.theta(p), box);
    sums.push_back(m.sum);
    if (m.sum < best.sum * (1 - 1e-10) - kRounding) best = m;
  }
  Fit fit = make_fit(problem, best);
  fit.sse_of_start = std::move(sums);
  return fit;
}

}  // namespace qqt
