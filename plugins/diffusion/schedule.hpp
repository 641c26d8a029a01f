// The noise schedule of a diffusion: how much noise each of the T timesteps adds, and everything
// that follows from it. Timesteps run from t = 0, the least noisy, to T - 1. All in double: with
// the paper's schedule alpha_bar falls to 1.3e-47, below what float can hold.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// alpha_bar(t) = prod_{s <= t} (1 - beta_s), alpha_bar(-1) = 1.
class Schedule {
 public:
  /// std::invalid_argument unless every beta is in (0, 1], and in (0, 1) before the last.
  explicit Schedule(std::vector<double> beta);

  int64_t timesteps() const { return static_cast<int64_t>(beta_.size()); }
  double beta(int64_t t) const { return beta_[static_cast<size_t>(t)]; }
  double alpha(int64_t t) const { return 1 - beta(t); }
  double alpha_bar(int64_t t) const { return t < 0 ? 1 : alpha_bar_[static_cast<size_t>(t)]; }
  /// Variance of x_t given x_0, 1 - alpha_bar(t), without cancellation.
  double noise(int64_t t) const { return t < 0 ? 0 : noise_[static_cast<size_t>(t)]; }

  /// Of q(x_{t-1} | x_t, x_0): mean = c0 x_0 + c1 x_t, and its variance.
  double posterior_c0(int64_t t) const;
  double posterior_c1(int64_t t) const;
  double posterior_variance(int64_t t) const;

  /// The first t with alpha_bar(t) < `least`; T if there is none. From there on x_t is noise.
  int64_t first_below(double least) const;

 private:
  std::vector<double> beta_, alpha_bar_, noise_;
};

/// name: linear, quad, warmup10, warmup50, const, jsd (Ho et al.'s list), cosine (Nichol and
/// Dhariwal, eq. 17), linear_scaled (0.1 / T to 20 / T). `first` and `last` are the ends of beta,
/// which jsd, cosine and linear_scaled do not use. std::invalid_argument on another name.
Schedule make_schedule(const std::string& name, int64_t timesteps, double first, double last);

}  // namespace diffusion
