// The products and posteriors of a noise schedule, and the schedules by name.
#include "plugins/diffusion/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace diffusion {
namespace {

/// n values from a to b, both included.
std::vector<double> linspace(double a, double b, int64_t n) {
  std::vector<double> out(static_cast<size_t>(n), a);
  for (int64_t i = 1; i < n; ++i)
    out[static_cast<size_t>(i)] = a + (b - a) * static_cast<double>(i) / static_cast<double>(n - 1);
  return out;
}

std::vector<double> quadratic(double first, double last, int64_t n) {
  auto beta = linspace(std::sqrt(first), std::sqrt(last), n);
  for (auto& b : beta) b *= b;
  return beta;
}

/// A ramp over the first `share` of the steps, then constant.
std::vector<double> warmup(double first, double last, int64_t n, double share) {
  std::vector<double> beta(static_cast<size_t>(n), last);
  const auto ramp = linspace(first, last, static_cast<int64_t>(share * static_cast<double>(n)));
  std::copy(ramp.begin(), ramp.end(), beta.begin());
  return beta;
}

std::vector<double> cosine(int64_t n) {
  const auto f = [n](int64_t i) {
    const double u = static_cast<double>(i) / static_cast<double>(n);
    const double c = std::cos((u + 0.008) / 1.008 * std::numbers::pi / 2);
    return c * c;
  };
  std::vector<double> beta(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i)
    beta[static_cast<size_t>(i)] = std::min(1 - f(i + 1) / f(i), 0.999);
  return beta;
}
}  // namespace

Schedule::Schedule(std::vector<double> beta) : beta_(std::move(beta)) {
  double log_product = 0;
  for (size_t t = 0; t < beta_.size(); ++t) {
    const double b = beta_[t];
    if (!(b > 0 && (b < 1 || (b == 1 && t + 1 == beta_.size()))))
      throw std::invalid_argument("beta is " + std::to_string(b) + " at t = " + std::to_string(t) +
                                  ", not between 0 and 1; check beta_start and beta_end");
    log_product += std::log1p(-b);
    alpha_bar_.push_back(std::exp(log_product));
    noise_.push_back(-std::expm1(log_product));
  }
  if (beta_.empty()) throw std::invalid_argument("a schedule has at least one timestep");
}

double Schedule::posterior_c0(int64_t t) const {
  return beta(t) * std::sqrt(alpha_bar(t - 1)) / noise(t);
}

double Schedule::posterior_c1(int64_t t) const {
  return std::sqrt(alpha(t)) * noise(t - 1) / noise(t);
}

double Schedule::posterior_variance(int64_t t) const { return beta(t) * noise(t - 1) / noise(t); }

int64_t Schedule::first_below(double least) const {
  return std::find_if(alpha_bar_.begin(), alpha_bar_.end(),
                      [least](double a) { return a < least; }) -
         alpha_bar_.begin();
}

Schedule make_schedule(const std::string& name, int64_t timesteps, double first, double last) {
  if (timesteps < 1) throw std::invalid_argument("a schedule has at least one timestep");
  const auto n = static_cast<double>(timesteps);
  if (name == "linear") return Schedule(linspace(first, last, timesteps));
  if (name == "quad") return Schedule(quadratic(first, last, timesteps));
  if (name == "warmup10") return Schedule(warmup(first, last, timesteps, 0.1));
  if (name == "warmup50") return Schedule(warmup(first, last, timesteps, 0.5));
  if (name == "const") return Schedule(linspace(last, last, timesteps));
  if (name == "cosine") return Schedule(cosine(timesteps));
  if (name == "linear_scaled") return Schedule(linspace(0.1 / n, 20 / n, timesteps));
  if (name != "jsd") throw std::invalid_argument("there is no schedule \"" + name + "\"");
  std::vector<double> beta;
  for (int64_t t = timesteps; t >= 1; --t) beta.push_back(1 / static_cast<double>(t));
  return Schedule(std::move(beta));
}

}  // namespace diffusion
