// The Mann-Whitney test against scipy, by hand, by enumeration, and by how often it errs.
#include "plugins/common/stats/mann_whitney.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <bit>
#include <cmath>
#include <fstream>
#include <random>
#include <vector>

using namespace assay::stats;

namespace {
using Doubles = std::vector<double>;

// Tails are sums of at most 900 positive terms, or one erfc.
doctest::Approx near(double x) { return doctest::Approx(x).epsilon(1e-11); }

Doubles draws(std::mt19937_64& random, size_t n, double levels) {
  Doubles x(n);
  for (double& v : x) {
    v = static_cast<double>(random() >> 11) * 0x1p-53;
    if (levels > 0) v = std::floor(levels * v);
  }
  return x;
}
}  // namespace

TEST_CASE("the test equals scipy's, exact and approximate, with and without ties") {
  std::ifstream file(ASSAY_ORACLES "/mann_whitney.json");
  REQUIRE(file);
  const auto cases = nlohmann::json::parse(file)["cases"];
  CHECK(cases.size() == 11);
  for (size_t number = 0; number < cases.size(); ++number) {
    CAPTURE(number);
    const auto& c = cases[number];
    const auto test = mann_whitney(c["x"].get<Doubles>(), c["y"].get<Doubles>());
    CHECK(test.u == c["u"].get<double>());
    CHECK(test.exact == c["exact"].get<bool>());
    CHECK(test.p_greater == near(c["p_greater"]));
    CHECK(test.p_less == near(c["p_less"]));
    CHECK(test.p == near(c["p"]));
  }
}

TEST_CASE("x = 3 5 and y = 1 2 4, worked by hand, have U = 5 and the two-sided p 2 * 2/10") {
  // 3 beats 1 and 2, 5 beats 1, 2 and 4: U = 5 of 6. Of the 10 ways to choose the places of x
  // among 5, only the top two places (U = 6) and places 3 and 5 (U = 5) have U >= 5.
  const auto test = mann_whitney(Doubles{3, 5}, Doubles{1, 2, 4});
  CHECK(test.exact);
  CHECK(test.u == 5);
  CHECK(test.p_greater == near(0.2));
  CHECK(test.p_less == near(0.9));
  CHECK(test.p == near(0.4));
  // sigma^2 = 6 / 12 * 6 = 3, and |5 - 3| - 1/2 = 1.5.
  CHECK(test.z == near(1.5 / std::sqrt(3.0)));
}

TEST_CASE("ties, worked by hand, count one half and narrow the spread") {
  // x = 2 2, y = 1 2: the pairs are 1 + 1/2 + 1 + 1/2 = 3 of 4. One group of 3 equal values:
  // sigma^2 = 4 / 12 (5 - 24 / (4 * 3)) = 1; p = upper tail of (3 - 2 - 1/2) / 1.
  const auto test = mann_whitney(Doubles{2, 2}, Doubles{1, 2});
  CHECK_FALSE(test.exact);
  CHECK(test.u == 3);
  CHECK(test.z == near(0.5));
  CHECK(test.p_greater == near(std::erfc(0.5 / std::sqrt(2.0)) / 2));
}

TEST_CASE("the exact p are shares of all interleavings, enumerated one by one") {
  for (const auto& [n, m] : {std::pair{1, 1}, {1, 6}, {4, 3}, {5, 5}}) {
    CAPTURE(n);
    CAPTURE(m);
    // A word of n + m bits is an interleaving: bit i is set where the value i belongs to x.
    std::vector<double> all, values;
    std::vector<MannWhitney> tests;
    for (unsigned word = 0; word < 1U << (n + m); ++word) {
      if (std::popcount(word) != n) continue;
      Doubles x, y;
      for (int i = 0; i < n + m; ++i) (word >> i & 1U ? x : y).push_back(i);
      double won = 0;
      for (const double a : x)
        for (const double b : y) won += a > b ? 1 : 0;
      all.push_back(won);
      tests.push_back(mann_whitney(x, y));
    }
    for (size_t k = 0; k < all.size(); ++k) {
      const auto share = [&](auto keep) {
        double count = 0;
        for (const double u : all) count += keep(u) ? 1 : 0;
        return count / static_cast<double>(all.size());
      };
      REQUIRE(tests[k].u == all[k]);
      REQUIRE(tests[k].p_greater == near(share([&](double u) { return u >= all[k]; })));
      REQUIRE(tests[k].p_less == near(share([&](double u) { return u <= all[k]; })));
    }
  }
}

TEST_CASE("equal samples are called different in at most 5 % of 2000 draws (false alarm 1e-6)") {
  // The test is conservative (discrete p, continuity correction), so the share of p <= 0.05 is at
  // most 0.05: a binomial count of 2000 exceeds 150 with probability 6e-7. It is not idle either:
  // a true level of 0.04 gives fewer than 40 alarms with probability 2e-7.
  for (const double levels : {0.0, 8.0}) {
    CAPTURE(levels);
    std::mt19937_64 random(7);
    int alarms = 0;
    for (int draw = 0; draw < 2000; ++draw) {
      const Doubles x = draws(random, 15, levels), y = draws(random, 12, levels);
      alarms += mann_whitney(x, y).p <= 0.05 ? 1 : 0;
    }
    CHECK(alarms <= 150);
    CHECK(alarms >= 40);
  }
}

TEST_CASE("swapping the samples mirrors U and exchanges the two sides") {
  std::mt19937_64 random(3);
  for (const double levels : {0.0, 4.0}) {
    const Doubles x = draws(random, 9, levels), y = draws(random, 14, levels);
    const auto forth = mann_whitney(x, y), back = mann_whitney(y, x);
    CHECK(forth.u + back.u == 9 * 14);
    CHECK(forth.z == near(-back.z));
    CHECK(forth.p_greater == near(back.p_less));
    CHECK(forth.p == near(back.p));
  }
}

TEST_CASE("a monotone transform of all values changes nothing") {
  std::mt19937_64 random(4);
  Doubles x = draws(random, 40, 5), y = draws(random, 20, 5);
  const auto before = mann_whitney(x, y);
  for (auto* sample : {&x, &y})
    for (double& v : *sample) v = std::exp(v) - 3;
  const auto after = mann_whitney(x, y);
  CHECK(before.u == after.u);
  CHECK(before.p == after.p);
}

TEST_CASE("at the edge of the exact sizes the normal law agrees to a percent") {
  std::mt19937_64 random(5);
  const Doubles x = draws(random, kExactSize, 0);
  Doubles y = draws(random, kExactSize, 0);
  const auto exact = mann_whitney(x, y);
  const double sigma = std::sqrt(900.0 / 12 * 61);
  REQUIRE(exact.exact);
  CHECK(std::abs(exact.p_less - std::erfc((450 - exact.u - 0.5) / sigma / std::sqrt(2.0)) / 2) <
        0.01);
}

TEST_CASE("values that are all equal tell nothing, and an empty sample or a NaN has no answer") {
  const auto equal = mann_whitney(Doubles(5, 2.0), Doubles(3, 2.0));
  CHECK(equal.u == 7.5);
  CHECK(equal.z == 0);
  CHECK(equal.p == 1);
  CHECK(std::isnan(mann_whitney({}, Doubles{1}).p));
  CHECK(std::isnan(mann_whitney(Doubles{1}, {}).u));
  CHECK(std::isnan(mann_whitney(Doubles{1, NAN}, Doubles{1}).p_greater));
}
