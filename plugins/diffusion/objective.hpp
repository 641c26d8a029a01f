// What a diffusion model is trained towards, and what a wrong answer costs. n examples of D
// numbers, O = D outputs, or 2 D where the second half is a log-variance.
#pragma once
#include "plugins/diffusion/schedule.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// The answer of a network is compared with eps, x_0 or the posterior's mean (`predict`), by
///   mse  the mean of (target - answer)^2 over the D numbers, or
///   kl   what the variational bound charges for timestep t, in bits, the mean over the numbers
///        (Ho et al., eq. 5): for t > 0 the divergence KL(N(mu, posterior variance) || N(m, v)),
///        for t = 0 the negative log-density of x_0 under N(m, v).
/// The difference of the means is s_t (target - answer) with s_t = beta / sqrt((1 - alpha_bar)
/// alpha) for eps, c0 for x_0 and 1 for the mean; v is fixed or learned.
class Objective {
 public:
  /// predict: eps, x0, mean. variance: fixed_large, fixed_small, learned. loss: mse, kl.
  Objective(const Schedule& schedule, std::string predict, const std::string& variance,
            const std::string& loss);

  /// x_t = sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps, and the target; all (n, D), t (n,).
  void noise(const float* x0, const float* eps, const int64_t* t, int64_t n, int64_t D, float* x_t,
             float* target) const;

  /// The losses (n,) of the answers (n, O), and the gradient (n, O) of their sum times `scale`.
  void grade(const float* answer, const float* target, const int64_t* t, int64_t n, int64_t D,
             float scale, float* losses, float* gradient) const;

  /// eps (n, D) from answers, the first D of each O numbers, all at timestep t.
  void to_eps(const float* answer, int64_t stride, const float* x, int64_t t, int64_t n, int64_t D,
              float* eps) const;

  bool learned() const { return learned_; }

 private:
  struct At {             // of one timestep
    float signal, noise;  // of x_t
    float c0, c1;         // of the posterior's mean
    float weight;         // s_t^2
    float log_variance, log_posterior;
    float eps_from_x, eps_from_answer;
  };
  std::string predict_;
  bool learned_, kl_;
  std::vector<At> at_;
};

/// Log-variance of a reverse step: log beta_t (fixed_large) or log of the posterior's variance
/// (fixed_small); at t = 0 both are the posterior's at t = 1.
double fixed_log_variance(const Schedule& schedule, const std::string& variance, int64_t t);

}  // namespace diffusion
