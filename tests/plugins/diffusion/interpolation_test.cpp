// Corridors between neighbouring modes, by geometry.
#include "plugins/diffusion/interpolation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

using namespace diffusion;

namespace {
/// Modes spacing (i, j), i and j from -k to k; sigma.
Mixture grid(int k, double spacing, double sigma) {
  Mixture m;
  m.dimension = 2;
  m.sigma = sigma;
  for (int i = -k; i <= k; ++i)
    for (int j = -k; j <= k; ++j) {
      m.modes.push_back(spacing * i);
      m.modes.push_back(spacing * j);
    }
  m.weights.assign(m.modes.size() / 2, 2.0 / static_cast<double>(m.modes.size()));
  return m;
}

Mixture line(std::vector<double> modes, double sigma) {
  const auto K = modes.size();
  return {1, std::move(modes), std::vector<double>(K, 1.0 / static_cast<double>(K)), sigma};
}

Verdict judge(const Interpolation& by, double x, double y) {
  const double point[] = {x, y};
  return by.judge(point);
}
}  // namespace

TEST_CASE("a point is hallucinated from 6 sigma on, and its mode is the nearest") {
  const Interpolation by(line({1, 2, 4}, 0.05), 6);
  const double inside = 2.299, outside = 2.301, nan = std::nan("");
  CHECK(!by.judge(&inside).hallucinated);
  CHECK(by.judge(&outside).hallucinated);
  CHECK(by.judge(&outside).mode == 1);
  CHECK(by.judge(&outside).distance == doctest::Approx(0.301));
  CHECK(by.judge(&nan).hallucinated);
  CHECK(by.judge(&nan).edge == -1);
}

TEST_CASE("on a line a hallucinated point between two modes is interpolated, one outside is not") {
  const Interpolation by(line({1, 2, 4}, 0.05), 6);
  REQUIRE(by.edges().size() == 2);
  const double between = 3.5, outside = 5;
  CHECK(by.judge(&between).edge == 1);
  CHECK(by.judge(&between).lambda == doctest::Approx(0.75));
  CHECK(by.judge(&outside).edge == -1);
  CHECK(std::isnan(by.judge(&outside).lambda));
}

TEST_CASE("in a square grid corridors are a tenth of the spacing to either side of an edge") {
  const Interpolation by(grid(1, 2, 0.05), 6);
  CHECK(by.edges().size() == 12);
  CHECK(judge(by, 1, 0.199).edge >= 0);
  CHECK(judge(by, 1, 0.201).edge == -1);
  CHECK(judge(by, 1, 1).hallucinated);  // the middle of a diagonal
  CHECK(judge(by, 1, 1).edge == -1);
}

TEST_CASE("where two corridors cross, the edge that the point is closer to counts") {
  const Interpolation by(grid(1, 2, 0.01), 6);
  const auto v = judge(by, 0.15, 0.1);
  REQUIRE(v.edge >= 0);
  const Edge& e = by.edges()[static_cast<size_t>(v.edge)];
  CHECK(e.a == 4);  // (0, 0)
  CHECK(e.b == 7);  // (2, 0): 0.1 beside it, and 0.15 beside the edge to (0, 2)
  CHECK(v.lambda == doctest::Approx(0.075));
}

TEST_CASE("31 % of the points that fall anywhere in gaussian9 lie in corridors") {
  const Interpolation by(grid(1, 2 / 1.633759, 0.05 / 1.633759), 6);
  CHECK(by.uniform_corridor_share() == doctest::Approx(0.31).epsilon(0.02));
}

TEST_CASE("on a line every point that falls anywhere between the outer modes is in a corridor") {
  CHECK(Interpolation(line({1, 2, 4}, 0.05), 6).uniform_corridor_share() == 1);
}

TEST_CASE("without modes or a width nothing can be judged") {
  CHECK_THROWS_AS(Interpolation(Mixture{}, 6), std::invalid_argument);
  CHECK_THROWS_AS(Interpolation(line({1, 2}, 0), 6), std::invalid_argument);
}
