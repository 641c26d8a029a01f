#include "plugins/diffusion/frechet_distance.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace diffusion {
namespace {

/// The symmetric square root of a positive semi-definite matrix (d, d).
at::Tensor square_root(const at::Tensor& matrix) {
  const auto [values, vectors] = at::linalg_eigh(matrix);
  return (vectors * values.clamp_min(0).sqrt()).mm(vectors.t());
}

constexpr int64_t kRows = 512;  // of a block of the distance matrix

/// The distance of each of x (N, d) to its k-th nearest other one, (N,).
at::Tensor radii(const at::Tensor& x, int64_t k) {
  const auto out = at::empty({x.size(0)}, x.options());
  for (int64_t at = 0; at < x.size(0); at += kRows) {
    const int64_t rows = std::min(kRows, x.size(0) - at);
    const auto distance = at::cdist(x.narrow(0, at, rows), x);  // (rows, N), 0 to itself
    out.narrow(0, at, rows).copy_(std::get<0>(distance.kthvalue(k + 1, 1)));
  }
  return out;
}

/// The share of y (M, d) within the radius of some x (N, d).
double covered(const at::Tensor& x, const at::Tensor& radius, const at::Tensor& y) {
  int64_t inside = 0;
  for (int64_t at = 0; at < y.size(0); at += kRows) {
    const int64_t rows = std::min(kRows, y.size(0) - at);
    const auto distance = at::cdist(y.narrow(0, at, rows), x);  // (rows, N)
    inside += (distance <= radius).any(1).sum().item<int64_t>();
  }
  return static_cast<double>(inside) / static_cast<double>(y.size(0));
}

}  // namespace

Moments moments(const at::Tensor& features) {
  const auto x = features.to(at::kCPU, at::kDouble);
  if (x.dim() != 2 || x.size(0) < 2)
    throw std::invalid_argument("features are needed of at least two examples, as (N, d)");
  if (!x.isfinite().all().item<bool>())
    throw std::invalid_argument("the features hold a number that is not finite");
  const auto mean = x.mean(0), centred = x - mean;
  return {mean, centred.t().mm(centred) / static_cast<double>(x.size(0) - 1)};
}

double frechet_distance(const Moments& a, const Moments& b) {
  if (a.mean.size(0) != b.mean.size(0))
    throw std::invalid_argument("features of " + std::to_string(a.mean.size(0)) + " and of " +
                                std::to_string(b.mean.size(0)) +
                                " numbers cannot be compared: take both from one extractor");
  const auto root = square_root(a.covariance);
  const auto product = root.mm(b.covariance).mm(root);
  const auto cross = at::linalg_eigvalsh((product + product.t()) / 2).clamp_min(0).sqrt().sum();
  const auto means = (a.mean - b.mean).square().sum();
  return (means + a.covariance.trace() + b.covariance.trace() - 2 * cross).item<double>();
}

Coverage coverage(const at::Tensor& data, const at::Tensor& samples, int64_t k) {
  const auto x = data.to(at::kCPU, at::kDouble), y = samples.to(at::kCPU, at::kDouble);
  if (std::min(x.size(0), y.size(0)) <= k)
    throw std::invalid_argument("precision and recall need more than " + std::to_string(k) +
                                " examples on both sides");
  return {covered(x, radii(x, k), y), covered(y, radii(y, k), x)};
}

}  // namespace diffusion
