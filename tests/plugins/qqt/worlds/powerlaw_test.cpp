// The power-law world: exact errors and features as declared.
#include "plugins/qqt/powerlaw.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace qqt;

TEST_CASE("features and noise have their variances (false alarms below 1e-6)") {
  const auto lambda = power_law_spectrum(5, 1.3);
  const int64_t n = 20000;
  std::vector<double> x(static_cast<size_t>(5 * n)), y(static_cast<size_t>(n));
  draw_samples(lambda, 0.6, 17, 100, n, x.data(), y.data());
  std::vector<double> squares(6);
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    double noise = y[i];
    for (size_t j = 0; j < 5; ++j) {
      squares[j] += x[5 * i + j] * x[5 * i + j] / lambda[j];
      noise -= x[5 * i + j];
    }
    squares[5] += noise * noise / 0.6;
  }
  for (const double s : squares)  // chi-squared with n degrees: sd sqrt(2 n)
    CHECK(std::abs(s - static_cast<double>(n)) < 5.4 * std::sqrt(2.0 * static_cast<double>(n)));
}

TEST_CASE("a sample depends on its number and the key, not on how many are drawn with it") {
  const auto lambda = power_law_spectrum(3, 1);
  std::vector<double> x(12), y(4), x2(3), y2(1);
  draw_samples(lambda, 1, 5, 0, 4, x.data(), y.data());
  draw_samples(lambda, 1, 5, 2, 1, x2.data(), y2.data());
  CHECK(std::equal(x2.begin(), x2.end(), x.begin() + 6));
  CHECK(y2[0] == y[2]);
  draw_samples(lambda, 1, 6, 2, 1, x2.data(), y2.data());
  CHECK(y2[0] != y[2]);
}

TEST_CASE("on fresh noiseless data the mean error falls as the theory of expected steps says") {
  // With one feature, lambda = 1 and fresh standard normal x, one sample a step:
  // E (w' - 1)^2 = (1 - 2 r + 3 r^2) E (w - 1)^2. Mean over 400 runs of one epoch, 20 steps; the
  // ratio's relative sd is below 0.04, so 0.2 is a false alarm below 1e-6.
  const auto plan = TrialPlan::make(1, 20, 400, 1, false);
  PowerlawOptions options;
  options.features = 1, options.rate = 0.05, options.average = 1, options.quality = {0};
  options.sample_key = 1, options.order_key = 2;
  Powerlaw world(plan, options);
  for (int64_t s = 0; s < 20; ++s) world.step(s);
  double mean = 0;
  for (const double e : world.errors()) mean += e / 400;
  CHECK(mean == doctest::Approx(std::pow(1 - 0.1 + 0.0075, 20)).epsilon(0.2));
}
