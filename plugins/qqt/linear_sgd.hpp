// Linear models under stochastic gradient descent, many at a time, whose error is known exactly.
// No LibTorch.
//   d features, R runs, B samples of a step
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace qqt {

/// lambda_j = j^-decay / sum_i i^-decay, j = 1 .. features: the variances of features whose linear
/// regression has power laws for learning curves.
std::vector<double> power_law_spectrum(int64_t features, double decay);

/// R models w . x of targets y = sum_j x_j + noise, where E x x^T = diag(lambda) and sum lambda
/// = 1. All start at w = 0. The models that are judged are running averages of the iterates.
class LinearSgd {
 public:
  /// `average` in (0, 1] is the weight of the newest iterate.
  LinearSgd(int64_t runs, std::vector<double> lambda, double rate, double average);

  /// A step of one run:  w -= rate sum_b (w . x_b - y_b) x_b,  then  w' += average (w - w').
  /// x[b] points to d features. The gradient is the sum over the batch, not its mean.
  void step(int64_t run, std::span<const double* const> x, std::span<const double> y);

  /// sum_j lambda_j (w'_j - 1)^2: the excess risk, as a share of the variance of sum_j x_j.
  double error(int64_t run) const;

  /// (R, d) each: the iterates and their averages.
  std::vector<double>& iterates() { return w_; }
  std::vector<double>& averages() { return mean_; }

 private:
  std::vector<double> lambda_;
  double rate_, average_;
  std::vector<double> w_, mean_;
};

}  // namespace qqt
