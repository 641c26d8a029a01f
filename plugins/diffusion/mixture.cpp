// The exact score of a noised mixture, by log-sum-exp, and the neighbourhood of its modes.
#include "plugins/diffusion/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace diffusion {

int64_t mode_at(const Mixture& mixture, double u) {
  int64_t k = 0;
  for (; k + 1 < mixture.count() && u >= mixture.weights[static_cast<size_t>(k)]; ++k)
    u -= mixture.weights[static_cast<size_t>(k)];
  return k;
}

double squared_distance(const double* a, const double* b, int64_t d) {
  double sum = 0;
  for (int64_t i = 0; i < d; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

double spacing(const Mixture& mixture) {
  if (mixture.count() < 2)
    throw std::invalid_argument(
        std::string(
            "window = [] is chosen by the spacing of the data's modes, and these data have ") +
        (mixture.count() ? "one mode" : "no known modes") + "; give window its two ends");
  double least = std::numeric_limits<double>::infinity();
  for (int64_t a = 0; a < mixture.count(); ++a)
    for (int64_t b = a + 1; b < mixture.count(); ++b)
      least =
          std::min(least, squared_distance(mixture.mode(a), mixture.mode(b), mixture.dimension));
  return std::sqrt(least);
}

std::vector<std::array<int64_t, 2>> gabriel_edges(const Mixture& mixture) {
  const int64_t d = mixture.dimension;
  std::vector<std::array<int64_t, 2>> edges;
  std::vector<double> middle(static_cast<size_t>(d));
  for (int64_t a = 0; a < mixture.count(); ++a) {
    for (int64_t b = a + 1; b < mixture.count(); ++b) {
      for (int64_t i = 0; i < d; ++i)
        middle[static_cast<size_t>(i)] = (mixture.mode(a)[i] + mixture.mode(b)[i]) / 2;
      const double ball = squared_distance(mixture.mode(a), mixture.mode(b), d) / 4 * (1 + 1e-9);
      bool edge = true;
      for (int64_t m = 0; m < mixture.count() && edge; ++m)
        edge = m == a || m == b || squared_distance(mixture.mode(m), middle.data(), d) > ball;
      if (edge) edges.push_back({a, b});
    }
  }
  return edges;
}

ExactDenoiser::ExactDenoiser(Mixture mixture, Schedule schedule)
    : mixture_(std::move(mixture)), schedule_(std::move(schedule)) {
  if (mixture_.count() == 0)
    throw std::invalid_argument("the true score is known for mixtures alone; these data are none");
}

void ExactDenoiser::eps(const double* x, int64_t t, double* eps) const {
  const int64_t d = mixture_.dimension;
  const double root = std::sqrt(schedule_.alpha_bar(t)), noise = schedule_.noise(t);
  const double v = schedule_.alpha_bar(t) * mixture_.sigma * mixture_.sigma + noise;
  // The smallest exponent is shifted to 0, so that one weight is 1 at least.
  double least = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < 2; ++pass) {
    double total = 0;
    if (pass == 1) std::fill(eps, eps + d, 0.0);
    for (int64_t k = 0; k < mixture_.count(); ++k) {
      double distance = 0;
      for (int64_t i = 0; i < d; ++i) {
        const double offset = x[i] - root * mixture_.mode(k)[i];
        distance += offset * offset;
      }
      const double exponent =
          distance / (2 * v) - std::log(mixture_.weights[static_cast<size_t>(k)]);
      if (pass == 0) {
        least = std::min(least, exponent);
        continue;
      }
      const double r = std::exp(least - exponent);
      total += r;
      for (int64_t i = 0; i < d; ++i) eps[i] += r * (x[i] - root * mixture_.mode(k)[i]);
    }
    if (pass == 1)
      for (int64_t i = 0; i < d; ++i) eps[i] *= std::sqrt(noise) / (v * total);
  }
}

void ExactDenoiser::eps(const float* x, int64_t n, int64_t t, float* eps) {
  const int64_t d = mixture_.dimension;
  std::vector<double> point(static_cast<size_t>(d)), answer(static_cast<size_t>(d));
  for (int64_t i = 0; i < n; ++i) {
    std::copy(x + i * d, x + (i + 1) * d, point.begin());
    this->eps(point.data(), t, answer.data());
    for (int64_t j = 0; j < d; ++j)
      eps[i * d + j] = static_cast<float>(answer[static_cast<size_t>(j)]);
  }
}

}  // namespace diffusion
