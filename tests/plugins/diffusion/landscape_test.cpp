// Ramps between modes: by hand, and where the exact score has a formula.
#include "plugins/diffusion/ramp.hpp"
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace fake;

namespace {
const Host& host() {
  static const Host h(ASSAY_DIFFUSION);
  return h;
}
}  // namespace

TEST_CASE("a fall from 1 to -1 in a straight line over 2 is 1.6 wide from 10 to 90 %") {
  std::vector<double> x, eps, x0;
  for (int i = 0; i <= 60; ++i) {
    x.push_back(-3 + 0.1 * i);
    eps.push_back(x.back() < -1 ? 1 : x.back() > 1 ? -1 : -x.back());
    x0.push_back(3 * x.back());
  }
  const auto ramp = diffusion::ramp_of(x, eps, x0);
  CHECK(ramp.width == doctest::Approx(1.6));
  CHECK(ramp.steepest == doctest::Approx(3));
}

TEST_CASE("where eps never falls a ramp has no width") {
  const std::vector<double> x{0, 1, 2}, eps{0, 1, 2};
  CHECK(std::isnan(diffusion::ramp_of(x, eps, x).width));
}

TEST_CASE("the exact clean sample is steepest at the midpoint, by the formula of two modes") {
  // Modes +-m: x0^ = (c s^2 x + (1 - c^2) m tanh(c m x / v)) / v with c^2 = alpha_bar, so its
  // slope at 0 is c (s^2 + (1 - c^2) m^2 / v) / v.
  const auto data = host().run(
      "make_data", {{"modes", std::vector<double>{-0.5, 0.5}}, {"size", int64_t{10}}}, {});
  const auto run =
      host().run("landscape", {{"t", std::vector<int64_t>{0, 10}}, {"draws", int64_t{20000}}},
                 {{"data", {data}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto slope = run.out.column("ramps", "slope_exact").as<double>();
  double alpha_bar = 1;
  for (int t = 0; t <= 10; ++t) {
    alpha_bar *= 1 - (0.001 + 0.199 * t / 999);
    if (t != 0 && t != 10) continue;
    const double v = alpha_bar * 0.0025 + 1 - alpha_bar;
    const double expected = std::sqrt(alpha_bar) * (0.0025 + (1 - alpha_bar) * 0.25 / v) / v;
    CHECK(slope[t == 0 ? 0 : 1] == doctest::Approx(expected).epsilon(5e-3));
  }
  // Within a mode the loss of the exact prediction is that of one Gaussian, alpha_bar s^2 / v;
  // at t = 0 that is all. 20,000 draws: 5 standard errors are 5 sqrt(2 / 20000) of it.
  const double v = 0.999 * 0.0025 + 0.001;
  CHECK(std::abs(run.out.column("losses", "exact").as<double>()[0] / (0.999 * 0.0025 / v) - 1) <
        5 * std::sqrt(2.0 / 20000));
}
