// Validation on numbers small enough to check by hand.
#include "plugins/qqt/validation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace qqt;

namespace {

/// Two pools of 1000 whose laws cross, and measured curves of A, B and A + B by seed.
Laws two_pools() {
  Laws laws{{Law::utility, Form::paper, 1000}, 1, {}, {}};
  laws.pools = {{"A", "pool", "", {0}, 1000, {1, -0.3, 1, 0}},
                {"B", "pool", "", {1}, 1000, {1, -0.2, 2, 0}}};
  return laws;
}

Curve measured(const std::string& name, std::vector<int64_t> members,
               const std::vector<std::vector<double>>& errors) {
  Curve c{name, members.size() > 1 ? "union" : "pool", "", members, 1000.0 * members.size(), {}};
  const double n[] = {500, 2000, 20000};
  for (size_t seed = 0; seed < errors.size(); ++seed)
    for (size_t i = 0; i < 3; ++i)
      c.points.push_back({n[i], errors[seed][i], NAN, static_cast<int64_t>(seed)});
  check_curve(c);
  return c;
}

const std::vector<Curve> kCurves{
    measured("A", {0}, {{0.80, 0.60, 0.50}, {0.82, 0.62, 0.52}}),
    measured("B", {1}, {{0.90, 0.70, 0.60}, {0.90, 0.70, 0.60}}),
    measured("both", {0, 1}, {{0.85, 0.55, 0.40}, {0.87, 0.57, 0.38}})};
}  // namespace

TEST_CASE("the measured switch lies between the points that show it") {
  const auto compared = compare(two_pools(), kCurves, 0, 1e9);
  REQUIRE(compared.size() == 3);
  CHECK(compared[0].candidate.name == "A");
  CHECK(compared[2].candidate.name == "A + B");
  CHECK(compared[0].measured[0] == doctest::Approx(0.81));
  const auto at = measured_switch(compared[0], compared[2]);
  REQUIRE(at);
  CHECK(at->before == 500);
  CHECK(at->after == 2000);
  // Differences -0.05 and +0.05: half way in the logarithm.
  CHECK(at->samples == doctest::Approx(1000));
  CHECK_FALSE(measured_switch(compared[2], compared[0]));
}

TEST_CASE("regret is the measured error of a choice minus the smallest") {
  // Predicted: A is better at 500, 0.81 = 0.5^-0.3 against 0.5^-0.25; both at 20000.
  const auto compared = compare(two_pools(), kCurves, 0, 1e9);
  const auto decisions = decide(compared);
  REQUIRE(decisions.size() == 3);
  for (const auto& d : decisions) {
    CAPTURE(d.samples);
    const double a = *compared[0].at(d.samples), both = *compared[2].at(d.samples);
    const double least = std::min(a, both);
    CHECK(d.regret_top1 == doctest::Approx(a - least));
    CHECK(d.regret_all == doctest::Approx(both - least));
    CHECK(d.regret == doctest::Approx((d.predicted == 0 ? a : both) - least));
    CHECK(d.best == (d.samples > 1000 ? 2 : 0));
  }
  CHECK(decisions[2].predicted == 2);
}

TEST_CASE("the law never chooses a union with a pool it cannot use") {
  Laws laws = two_pools();
  laws.pools[1].usable = false;
  for (const auto& d : decide(compare(laws, kCurves, 0, 1e9))) CHECK(d.predicted == 0);
}

TEST_CASE("paired gains are differences by seed between the best pool and the choice") {
  const auto compared = compare(two_pools(), kCurves, 10000, 1e9);
  const auto decisions = decide(compared);
  REQUIRE(decisions.size() == 1);
  const auto gains = paired_gains(compared, decisions);
  REQUIRE(gains.size() == 2);
  CHECK(gains[0] == doctest::Approx(0.10));
  CHECK(gains[1] == doctest::Approx(0.14));
}

TEST_CASE("sign flips: four equal gains are as extreme in 2 of 16 cases") {
  CHECK(sign_flip_p({1, 1, 1, 1}) == doctest::Approx(2.0 / 16));
  CHECK(sign_flip_p({1, -1}) == 1);
  CHECK(sign_flip_p({3, 1, -1}) == doctest::Approx(6.0 / 8));  // sums 5, 3, 3, 1 and the negatives
  CHECK(std::isnan(sign_flip_p({})));
}

TEST_CASE("a best pool without a point in the range is refused, another curve is left out") {
  CHECK_THROWS_WITH_AS(compare(two_pools(), kCurves, 600, 1000),
                       doctest::Contains("pool \"A\", the"), std::invalid_argument);
  auto curves = kCurves;
  for (auto& c : curves)
    if (c.pool == "B") std::erase_if(c.points, [](const Point& p) { return p.n > 600; });
  CHECK(compare(two_pools(), curves, 600, 1e9).size() == 2);
}

TEST_CASE("without a union, or without a pool, there is nothing to validate") {
  CHECK_THROWS_WITH_AS(compare(two_pools(), {kCurves[0]}, 0, 1e9),
                       doctest::Contains("no union was measured"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(compare(two_pools(), {kCurves[2]}, 0, 1e9),
                       doctest::Contains("no pool was measured"), std::invalid_argument);
}
