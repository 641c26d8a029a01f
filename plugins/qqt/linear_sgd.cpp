#include "plugins/common/kernel.hpp"
#include "plugins/qqt/linear_sgd.hpp"

#include <cmath>

namespace qqt {
namespace {

// Eight doubles, read from any address.
typedef double Lanes __attribute__((vector_size(64), aligned(8), may_alias));
constexpr int64_t kLanes = 8;

ASSAY_KERNEL double dot(const double* a, const double* b, int64_t n) {
  Lanes sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes)
    for (int64_t k = 0; k < 4; ++k)
      sums[k] += *reinterpret_cast<const Lanes*>(a + i + k * kLanes) *
                 *reinterpret_cast<const Lanes*>(b + i + k * kLanes);
  const Lanes all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double sum = 0;
  for (int64_t k = 0; k < kLanes; ++k) sum += all[k];
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

ASSAY_KERNEL void add_multiple(double* w, double factor, const double* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) w[i] += factor * x[i];
}

ASSAY_KERNEL void move_towards(double* mean, double share, const double* w, int64_t n) {
  for (int64_t i = 0; i < n; ++i) mean[i] += share * (w[i] - mean[i]);
}

}  // namespace

std::vector<double> power_law_spectrum(int64_t features, double decay) {
  std::vector<double> lambda(static_cast<size_t>(features));
  double sum = 0;
  for (size_t j = 0; j < lambda.size(); ++j)
    sum += lambda[j] = std::pow(static_cast<double>(j + 1), -decay);
  for (double& x : lambda) x /= sum;
  return lambda;
}

LinearSgd::LinearSgd(int64_t runs, std::vector<double> lambda, double rate, double average)
    : lambda_(std::move(lambda)),
      rate_(rate),
      average_(average),
      w_(static_cast<size_t>(runs) * lambda_.size()),
      mean_(w_.size()) {}

void LinearSgd::step(int64_t run, std::span<const double* const> x, std::span<const double> y) {
  const auto d = static_cast<int64_t>(lambda_.size());
  double* const w = w_.data() + run * d;
  std::vector<double> residual(x.size());
  for (size_t b = 0; b < x.size(); ++b) residual[b] = dot(w, x[b], d) - y[b];
  for (size_t b = 0; b < x.size(); ++b) add_multiple(w, -rate_ * residual[b], x[b], d);
  move_towards(mean_.data() + run * d, average_, w, d);
}

double LinearSgd::error(int64_t run) const {
  const double* const w = mean_.data() + run * static_cast<int64_t>(lambda_.size());
  double sum = 0;
  for (size_t j = 0; j < lambda_.size(); ++j) sum += lambda_[j] * (w[j] - 1) * (w[j] - 1);
  return sum;
}

}  // namespace qqt
