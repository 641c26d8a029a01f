// The linear theory's solvers against a general solver of quadratic programs and against gradient
// descent on w itself, and its points against what their definition says.
#include "plugins/ssft/dual_descent.hpp"
#include "plugins/ssft/hard_margin.hpp"
#include "plugins/ssft/theory_points.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <numeric>

using namespace ssft;

namespace {
using Doubles = std::vector<double>;
using Json = nlohmann::json;

Json oracle() {
  std::ifstream file(ASSAY_ORACLES "/hard_margin.json");
  REQUIRE(file);
  return Json::parse(file);
}

double dot(const Doubles& x, const Doubles& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

/// v v' of rows v, (n, d).
Gram products(const Doubles& v, size_t n, size_t d) {
  Gram g{n, Doubles(n * n)};
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      for (size_t k = 0; k < d; ++k) g.values[i * n + j] += v[i * d + k] * v[j * d + k];
  return g;
}

Block whole(const Gram& g) { return g.block(0, g.n, 0, g.n); }

PointsOptions small(bool group = false) {
  return {
      .d = 301, .n_majority = 9, .n_mislabelled = 4, .n_rare = 6, .mu = 0.5, .rare_group = group};
}
}  // namespace

TEST_CASE("the separator is the one that SLSQP finds for the primal problem") {
  const Json cases = oracle()["cases"];
  CHECK(cases.size() == 5);
  for (size_t number = 0; number < cases.size(); ++number) {
    CAPTURE(number);
    const Json& c = cases[number];
    const auto n = c["n"].get<size_t>();
    const Gram g = products(c["v"].get<Doubles>(), n, c["d"].get<size_t>());
    const HardMargin s = hard_margin(whole(g));
    const Doubles margins = c["margins"].get<Doubles>();
    // SLSQP stops where |w|^2 / 2 changes by 1e-15 of itself: w is good to about 1e-7.
    for (size_t i = 0; i < n; ++i) CHECK(s.margins[i] == doctest::Approx(margins[i]).epsilon(1e-6));
    CHECK(dot(s.coefficients, s.margins) ==
          doctest::Approx(c["squared_length"].get<double>()).epsilon(1e-8));
    CHECK(s.violation < 1e-8);
  }
}

TEST_CASE("two points worked by hand have the coefficients 1 and 1/4, or 1 and 0") {
  // v1 = (1, 0), v2 = (0, 2): w = (1, 1/2) = v1 + v2 / 4. With v2 = (2, 0), v1 alone supports:
  // w = v1, and v2 has the margin 2.
  const HardMargin both = hard_margin(whole(products({1, 0, 0, 2}, 2, 2)));
  CHECK(both.coefficients == Doubles{1, 0.25});
  CHECK(both.margins == Doubles{1, 1});
  const HardMargin one = hard_margin(whole(products({1, 0, 2, 0}, 2, 2)));
  CHECK(one.coefficients == Doubles{1, 0});
  CHECK(one.margins == Doubles{1, 2});
  CHECK(one.violation == 0);
}

TEST_CASE("points that no hyperplane separates, and a point at 0, are refused in one sentence") {
  CHECK_THROWS_WITH_AS(hard_margin(whole(products({1, 0, -1, 0}, 2, 2)), 1e-10, 50),
                       "no hyperplane through the origin was found to separate 2 points in 50 "
                       "sweeps; more dimensions make them separable",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(hard_margin(whole(products({1, 0, 0, 0}, 2, 2))),
                       "point 1 has the squared length 0.000000; a separator needs points that are "
                       "finite and not 0",
                       std::invalid_argument);
}

TEST_CASE("descent in the dual is descent on w, for both losses, normalised or not") {
  const Json d = oracle()["descent"];
  const auto n = d["n"].get<size_t>();
  const Gram g = products(d["v"].get<Doubles>(), n, d["d"].get<size_t>());
  CHECK(d["ends"].size() == 4);
  for (const Json& end : d["ends"]) {
    CAPTURE(end["loss"].get<std::string>());
    CAPTURE(end["normalised"].get<bool>());
    DualDescent descent(whole(g), d["start"].get<Doubles>(),
                        {end["loss"] == "exp" ? MarginLoss::exp : MarginLoss::logistic,
                         end["eta"].get<double>(), end["normalised"].get<bool>()});
    for (int step = 0; step < end["steps"].get<int>(); ++step) descent.step();
    const auto margins = end["margins"].get<Doubles>();
    // 300 contracting steps keep the rounding of each, about 1e-15.
    for (size_t i = 0; i < n; ++i)
      CHECK(descent.margins()[i] == doctest::Approx(margins[i]).epsilon(1e-11));
    // And the coefficients lead from the start to the same margins.
    Doubles from_start = d["start"].get<Doubles>();
    add_combination(whole(g), descent.coefficients(), from_start);
    for (size_t i = 0; i < n; ++i)
      CHECK(from_start[i] == doctest::Approx(margins[i]).epsilon(1e-11));
  }
}

TEST_CASE("a normalised step goes on where the loss itself is 0 to the processor") {
  const Gram g = products({1, 0, 0, 1}, 2, 2);
  for (const auto loss : {MarginLoss::exp, MarginLoss::logistic}) {
    DualDescent descent(whole(g), {800, 800 + std::log(3.0)}, {loss, 0.5, true});
    REQUIRE(descent.loss() == 0);
    descent.step();  // the weights are 1 : 1/3 of eta
    CHECK(descent.coefficients()[0] == doctest::Approx(0.5 * 0.75).epsilon(1e-12));
    CHECK(descent.coefficients()[1] == doctest::Approx(0.5 * 0.25).epsilon(1e-12));
  }
}

TEST_CASE("a long descent turns towards the hard-margin separator") {
  const Points a(small(), 5), b(small(), 6);
  const Gram g = gram_matrix(a, b);
  const size_t n = a.n();
  const HardMargin w_b = hard_margin(g.block(n, n, n, n));
  DualDescent descent(g.block(n, n, n, n), Doubles(n, 0.0), {MarginLoss::exp, 0.5, true});
  for (int step = 0; step < 20000; ++step) descent.step();
  // cos of the angle between sum a_i v_i and w_b; it approaches 1 as 1 / log(time).
  Doubles margins(n);
  add_combination(g.block(n, n, n, n), descent.coefficients(), margins);
  const double cosine =
      dot(w_b.coefficients, margins) /
      std::sqrt(dot(w_b.coefficients, w_b.margins) * dot(descent.coefficients(), margins));
  CHECK(cosine > 0.999);
  CHECK(cosine <= 1 + 1e-12);
}

TEST_CASE("the Gram matrix holds the inner products of the very points, whatever the blocks") {
  for (const bool group : {false, true}) {
    const Points a(small(group), 5), b(small(group), 6);
    const Gram g = gram_matrix(a, b);
    REQUIRE(g.n == 38);
    for (size_t i = 0; i < g.n; ++i)
      for (size_t j = 0; j < g.n; ++j) {
        const Doubles x = i < 19 ? a.signed_point(i) : b.signed_point(i - 19);
        const Doubles y = j < 19 ? a.signed_point(j) : b.signed_point(j - 19);
        REQUIRE(g.values[i * g.n + j] == doctest::Approx(dot(x, y)).epsilon(1e-12));
      }
  }
}

TEST_CASE("each kind of point has the mean and the spread of its definition (false alarm 1e-6)") {
  PointsOptions options = small(true);
  options.d = 20000;
  const Points points(options, 11);
  const double sd = 1 / std::sqrt(20000.0);
  for (size_t i = 0; i < points.n(); ++i) {
    CAPTURE(i);
    Doubles v = points.signed_point(i);
    v[0] -= i < 9 ? 0.5 : i < 13 ? -0.5 : 0;
    v[1] -= i >= 13 ? 0.5 : 0;
    // Coordinates 0 and 1 are normal; 38 of them beyond 6 sd have probability 8e-8. The squared
    // length has mean 1 and sd sqrt(2 / d) = 0.01; 19 beyond 6 sd have probability 4e-8.
    CHECK(std::abs(v[0]) < 6 * sd);
    CHECK(std::abs(v[1]) < 6 * sd);
    CHECK(std::abs(dot(v, v) - 1) < 0.06);
  }
}

TEST_CASE("one key gives the same points, and two keys independent ones (false alarm 1e-8)") {
  PointsOptions options = small();
  options.d = 20000;
  const Points a(options, 1), again(options, 1), b(options, 2);
  CHECK(gram_matrix(a, b).values == gram_matrix(again, b).values);
  const Doubles x = a.signed_point(18), y = b.signed_point(18);
  CHECK(std::abs(dot(x, y)) < 6 / std::sqrt(20000.0));
}

TEST_CASE("a kind without points, one dimension, and a mean that is no number are refused") {
  PointsOptions none = small(), flat = small(), wild = small();
  none.n_rare = 0;
  flat.d = 1;
  wild.mu = INFINITY;
  CHECK_THROWS_WITH_AS(Points(none, 0),
                       "the linear theory needs at least one point of each kind (n_majority, "
                       "n_mislabelled, n_rare)",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Points(flat, 0), "d is 1, but the points need at least 2 dimensions",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(Points(wild, 0),
                       "mu, the length of the groups' mean, must be a finite number",
                       std::invalid_argument);
}
