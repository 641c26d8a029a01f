#include "plugins/diffusion/objective.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace diffusion {

double fixed_log_variance(const Schedule& schedule, const std::string& variance, int64_t t) {
  if (t > 0 && variance != "fixed_small") return std::log(schedule.beta(t));
  const int64_t from = std::min(std::max<int64_t>(t, 1), schedule.timesteps() - 1);
  return std::log(schedule.posterior_variance(from));
}

Objective::Objective(const Schedule& schedule, std::string predict, const std::string& variance,
                     const std::string& loss)
    : predict_(std::move(predict)), learned_(variance == "learned"), kl_(loss == "kl") {
  for (int64_t t = 0; t < schedule.timesteps(); ++t) {
    const double noise = std::sqrt(schedule.noise(t)), signal = std::sqrt(schedule.alpha_bar(t));
    const double beta = schedule.beta(t), root = std::sqrt(schedule.alpha(t));
    const double c0 = schedule.posterior_c0(t);
    const double s = predict_ == "eps" ? beta / (noise * root) : predict_ == "x0" ? c0 : 1;
    // eps = (x - signal x0) / noise, or from mean = (x - beta / noise eps) / root.
    const double from_x = predict_ == "x0" ? 1 / noise : noise / beta;
    const double from_answer = predict_ == "x0" ? -signal / noise : -root * noise / beta;
    const auto f = [](double x) { return static_cast<float>(x); };
    at_.push_back({f(signal), f(noise), f(c0), f(schedule.posterior_c1(t)), f(s * s),
                   f(fixed_log_variance(schedule, variance, t)),
                   f(fixed_log_variance(schedule, "fixed_small", t)), f(from_x), f(from_answer)});
  }
}

void Objective::noise(const float* x0, const float* eps, const int64_t* t, int64_t n, int64_t D,
                      float* x_t, float* target) const {
  for (int64_t i = 0; i < n; ++i) {
    const At& at = at_[static_cast<size_t>(t[i])];
    for (int64_t j = i * D; j < (i + 1) * D; ++j) {
      x_t[j] = at.signal * x0[j] + at.noise * eps[j];
      target[j] = predict_ == "eps"  ? eps[j]
                  : predict_ == "x0" ? x0[j]
                                     : at.c0 * x0[j] + at.c1 * x_t[j];
    }
  }
}

void Objective::grade(const float* answer, const float* target, const int64_t* t, int64_t n,
                      int64_t D, float scale, float* losses, float* gradient) const {
  const int64_t O = learned_ ? 2 * D : D;
  const float mean = 1 / static_cast<float>(D);
  const float bits = mean / std::numbers::ln2_v<float>;
  for (int64_t i = 0; i < n; ++i, answer += O, target += D, gradient += O) {
    const At& at = at_[static_cast<size_t>(t[i])];
    double sum = 0;
    for (int64_t j = 0; j < D; ++j) {
      const float difference = answer[j] - target[j];
      if (!kl_) {
        sum += static_cast<double>(difference * difference);
        gradient[j] = 2 * mean * scale * difference;
        continue;
      }
      // 1/2 (log v + (dm^2 + known) / v + constant), known = the posterior's variance.
      const float log_v = learned_ ? answer[D + j] : at.log_variance;
      const float precision = std::exp(-log_v);
      const float known = t[i] > 0 ? std::exp(at.log_posterior) : 0;
      const float constant =
          t[i] > 0 ? -1 - at.log_posterior : std::log(2 * std::numbers::pi_v<float>);
      const float square = at.weight * difference * difference + known;
      sum += static_cast<double>(0.5f * (log_v + square * precision + constant));
      gradient[j] = bits * scale * at.weight * difference * precision;
      if (learned_) gradient[D + j] = bits * scale * 0.5f * (1 - square * precision);
    }
    losses[i] = static_cast<float>(sum) * (kl_ ? bits : mean);
  }
}

void Objective::to_eps(const float* answer, int64_t stride, const float* x, int64_t t, int64_t n,
                       int64_t D, float* eps) const {
  const At& at = at_[static_cast<size_t>(t)];
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < D; ++j) {
      const float a = answer[i * stride + j];
      eps[i * D + j] =
          predict_ == "eps" ? a : at.eps_from_x * x[i * D + j] + at.eps_from_answer * a;
    }
}

}  // namespace diffusion
