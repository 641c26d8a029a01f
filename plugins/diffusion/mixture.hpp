// A mixture of K Gaussians with one width: the true density of the toy data sets, its exact score
// under noise, and which of its modes are neighbours.
#pragma once
#include "plugins/diffusion/denoiser.hpp"
#include "plugins/diffusion/schedule.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace diffusion {

struct Mixture {
  int64_t dimension = 0;
  std::vector<double> modes;    // (K, dimension)
  std::vector<double> weights;  // (K,), sum 1
  double sigma = 0;             // standard deviation of each mode, in the units of the modes

  int64_t count() const { return dimension ? static_cast<int64_t>(modes.size()) / dimension : 0; }
  const double* mode(int64_t k) const { return modes.data() + k * dimension; }
};

/// The mode that u in [0, 1) falls on, where each has a stretch as long as its weight.
int64_t mode_at(const Mixture& mixture, double u);

/// |a - b|^2 of points (d,).
double squared_distance(const double* a, const double* b, int64_t d);

/// The smallest distance of two modes. std::invalid_argument with fewer than two.
double spacing(const Mixture& mixture);

/// Neighbours: (a, b) with a < b is an edge iff no third mode m lies in the closed ball over the
/// segment, |m - (a+b)/2|^2 <= |a - b|^2 / 4 (1 + 1e-9) (Gabriel graph). Ascending.
std::vector<std::array<int64_t, 2>> gabriel_edges(const Mixture& mixture);

/// The noise that the true score implies: with v = alpha_bar sigma^2 + 1 - alpha_bar and
/// responsibilities r_k ~ w_k exp(-|x - sqrt(alpha_bar) mu_k|^2 / 2v),
///   eps* = sqrt(1 - alpha_bar) sum_k r_k (x - sqrt(alpha_bar) mu_k) / v.
class ExactDenoiser : public Denoiser {
 public:
  ExactDenoiser(Mixture mixture, Schedule schedule);
  int64_t features() const override { return mixture_.dimension; }
  void eps(const float* x, int64_t n, int64_t t, float* eps) override;
  /// The same of one point (D,), in double.
  void eps(const double* x, int64_t t, double* eps) const;

 private:
  Mixture mixture_;
  Schedule schedule_;
};

}  // namespace diffusion
