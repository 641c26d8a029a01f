#include "plugins/diffusion/interpolation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace diffusion {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The positive root of x^(d+1) = x + 1.
double recurrence_root(int64_t d) {
  double x = 2;
  for (int i = 0; i < 60; ++i) x = std::pow(1 + x, 1.0 / static_cast<double>(d + 1));
  return x;
}
}  // namespace

Interpolation::Interpolation(Mixture mixture, double k_sigma)
    : mixture_(std::move(mixture)), k_sigma_(k_sigma) {
  if (mixture_.count() == 0 || !(mixture_.sigma > 0))
    throw std::invalid_argument(
        "the modes of the data are not known, so no sample can be called hallucinated by them; "
        "use the data of a mixture, or a file of labels");
  if (!(k_sigma > 0)) throw std::invalid_argument("k_sigma must be positive");
  for (const auto& [a, b] : gabriel_edges(mixture_))
    edges_.push_back(
        {a, b,
         std::sqrt(squared_distance(mixture_.mode(a), mixture_.mode(b), mixture_.dimension))});
}

Place Interpolation::place(const double* x, const Edge& edge) const {
  const double *a = mixture_.mode(edge.a), *b = mixture_.mode(edge.b);
  double along = 0;
  for (int64_t j = 0; j < mixture_.dimension; ++j) along += (x[j] - a[j]) * (b[j] - a[j]);
  const double lambda = along / (edge.length * edge.length);
  double square = 0;
  for (int64_t j = 0; j < mixture_.dimension; ++j) {
    const double off = x[j] - a[j] - lambda * (b[j] - a[j]);
    square += off * off;
  }
  return {lambda, std::sqrt(square)};
}

Verdict Interpolation::judge(const double* x) const {
  Verdict v{0, std::numeric_limits<double>::infinity(), false, -1, kNaN};
  double nearest = std::numeric_limits<double>::infinity();
  for (int64_t k = 0; k < mixture_.count(); ++k) {
    const double square = squared_distance(x, mixture_.mode(k), mixture_.dimension);
    if (square < nearest) nearest = square, v.mode = k;
  }
  v.distance = std::sqrt(nearest);
  // A point that is no number lies nowhere, least of all in the support.
  v.hallucinated = !(v.distance <= k_sigma_ * mixture_.sigma);
  if (!v.hallucinated) return v;
  double least = std::numeric_limits<double>::infinity();
  for (size_t e = 0; e < edges_.size(); ++e) {
    const auto [lambda, beside] = place(x, edges_[e]);
    if (!(lambda > 0 && lambda < 1 && beside <= kCorridor * edges_[e].length && beside < least))
      continue;
    least = beside, v.edge = static_cast<int64_t>(e), v.lambda = lambda;
  }
  return v;
}

double Interpolation::uniform_corridor_share(int64_t points) const {
  const int64_t d = mixture_.dimension;
  std::vector<double> lo(mixture_.mode(0), mixture_.mode(0) + d), hi = lo;
  for (int64_t k = 1; k < mixture_.count(); ++k)
    for (int64_t j = 0; j < d; ++j) {
      lo[static_cast<size_t>(j)] = std::min(lo[static_cast<size_t>(j)], mixture_.mode(k)[j]);
      hi[static_cast<size_t>(j)] = std::max(hi[static_cast<size_t>(j)], mixture_.mode(k)[j]);
    }
  const double root = recurrence_root(d);
  std::vector<double> x(static_cast<size_t>(d));
  int64_t outside = 0, inside = 0;
  for (int64_t i = 0; i < points; ++i) {
    double step = 1;
    for (size_t j = 0; j < x.size(); ++j) {
      step /= root;
      const double u = 0.5 + step * static_cast<double>(i);
      x[j] = lo[j] + (hi[j] - lo[j]) * (u - std::floor(u));
    }
    const Verdict v = judge(x.data());
    outside += v.hallucinated;
    inside += v.edge >= 0;
  }
  return outside ? static_cast<double>(inside) / static_cast<double>(outside) : kNaN;
}

}  // namespace diffusion
