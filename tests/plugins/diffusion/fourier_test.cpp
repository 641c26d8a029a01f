// Filters by spectrum against the sum that they stand for, and densities spread either way.
#include "plugins/diffusion/fourier.hpp"
#include "plugins/diffusion/smoother.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <stdexcept>
#include <vector>

using namespace diffusion;

namespace {
/// y_i = 1/L sum_j x_j sum_k gain_|k| cos(2 pi k (i - j) / L), k over all L frequencies.
std::vector<double> filtered(const std::vector<double>& x, const std::vector<double>& gain) {
  const size_t L = x.size();
  std::vector<double> kernel(L), y(L);
  for (size_t i = 0; i < L; ++i)
    for (size_t k = 0; k < L; ++k)
      kernel[i] +=
          gain[std::min(k, L - k)] *
          std::cos(2 * std::numbers::pi * static_cast<double>(k * i % L) / static_cast<double>(L)) /
          static_cast<double>(L);
  for (size_t i = 0; i < L; ++i)
    for (size_t j = 0; j < L; ++j) y[i] += kernel[(i + L - j) % L] * x[j];
  return y;
}
}  // namespace

TEST_CASE("a filter by spectrum equals the circular convolution, for lengths of both kinds") {
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  for (const size_t length : {8U, 16U, 32U, 64U, 512U}) {  // half of them needs a pass of radix 2
    CAPTURE(length);
    std::vector<double> x(length), gain(length / 2 + 1);
    for (auto& v : x) v = normal(random);
    for (auto& v : gain) v = normal(random);
    const auto expected = filtered(x, gain);
    Fourier(static_cast<int64_t>(length)).filter(x, gain);
    for (size_t i = 0; i < length; ++i) CHECK(std::abs(x[i] - expected[i]) < 1e-12);
  }
  CHECK_THROWS_AS(Fourier(24), std::invalid_argument);
}

TEST_CASE("terms and transform spread a density alike, and both keep its mass") {
  const Grid grid{-2, 2, 8001};
  Density terms{grid, std::vector<double>(8001)};
  terms.mass[3000] = 0.75, terms.mass[5000] = 0.25;
  Density transform = terms;
  REQUIRE(reach(grid, 0.1) > 600);
  spread(terms, 0.1);
  Smoother(grid, 0.1).spread(transform, 0.1);
  for (size_t i = 0; i < 8001; ++i)
    if (!(std::abs(terms.mass[i] - transform.mass[i]) < 1e-15)) FAIL(i);
  CHECK(terms.total() == doctest::Approx(1).epsilon(1e-14));
  Density wide = standard_normal({-10, 10, 4001});
  Smoother(wide.grid, 1).spread(wide, 1);  // N(0, 2)
  CHECK(reach(wide.grid, 1) > 600);
  CHECK(wide.total() == doctest::Approx(1).epsilon(1e-11));
  CHECK(std::abs(wide.mass[2000] / wide.grid.step() - 1 / std::sqrt(4 * std::numbers::pi)) < 1e-9);
}

TEST_CASE("a step without noise spreads a cell over what its ends map to") {
  Density density{{0, 10, 11}, std::vector<double>(11)};
  density.mass[2] = 1;
  std::vector<double> to;
  for (int i = 0; i <= 10; ++i) to.push_back(4.0 * i - 5);  // cell 2 -> 1 .. 5
  stretch(density, to);
  CHECK(density.between(0.5, 5.5) == doctest::Approx(1));
  CHECK(density.between(2.5, 3.5) == doctest::Approx(0.25));
  move(density, std::vector<double>(11, 3.25));
  CHECK(density.mass[3] == doctest::Approx(0.75));
  CHECK(density.mass[4] == doctest::Approx(0.25));
}

TEST_CASE("what a step carries off the grid is lost, and not piled up at its end") {
  Density density{{0, 10, 11}, std::vector<double>(11)};
  density.mass = {0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.25};
  std::vector<double> to{-0.25, 1, 2, 3, 4, 5, 6, 7, 8, 10, 40};
  move(density, to);
  CHECK(density.mass[0] == doctest::Approx(0.375));
  CHECK(density.mass[10] == doctest::Approx(0.25));
  CHECK(density.total() == doctest::Approx(0.625));
  // Cells 10 and 0 cover 9.5 .. 10.5 and -0.5 .. 0.5; this map doubles them.
  density.mass = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (size_t i = 0; i <= 10; ++i) to[i] = 2.0 * static_cast<double>(i) - 5;
  stretch(density, to);
  CHECK(density.total() == doctest::Approx(0));
  density.mass[3] = 1;  // -> 0 .. 2
  for (size_t i = 0; i <= 10; ++i) to[i] = 2.0 * static_cast<double>(i) - 6.5;
  stretch(density, to);  // -> -1.5 .. 0.5
  CHECK(density.mass[0] == doctest::Approx(0.5));
  CHECK(density.total() == doctest::Approx(0.5));
}
