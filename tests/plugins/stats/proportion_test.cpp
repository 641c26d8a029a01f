// Wilson's interval against its definition, by hand, and by symmetry.
#include "plugins/common/stats/proportion.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

using assay::stats::wilson;

TEST_CASE("8 of 10 lie in Wilson's interval from 0.4902 to 0.9433") {
  // z^2 = 3.8415: (8 + 1.9207 -+ 1.96 sqrt(1.6 + 0.9604)) / 13.8415 = (9.9207 -+ 3.1362) / 13.8415.
  const auto p = wilson(8, 10);
  CHECK(p.rate == 0.8);
  CHECK(p.lo == doctest::Approx(0.49016).epsilon(1e-4));
  CHECK(p.hi == doctest::Approx(0.94332).epsilon(1e-4));
}

TEST_CASE("at both ends of Wilson's interval the distance is z standard errors of that end") {
  for (const int64_t count : {1, 5, 37, 99}) {
    CAPTURE(count);
    const auto p = wilson(count, 100, 2.5);
    for (const double end : {p.lo, p.hi})
      CHECK(std::abs(p.rate - end) == doctest::Approx(2.5 * std::sqrt(end * (1 - end) / 100)));
  }
}

TEST_CASE("Wilson's interval of none and of all begins at 0 and ends at 1") {
  const double z = 1.959963984540054;
  CHECK(wilson(0, 50).lo == 0);
  CHECK(wilson(0, 50).hi == doctest::Approx(z * z / (50 + z * z)));
  CHECK(wilson(50, 50).hi == 1);
  CHECK(wilson(50, 50).lo == doctest::Approx(1 - wilson(0, 50).hi));
}

TEST_CASE("no examples have no rate, and more hits than examples are refused") {
  CHECK(std::isnan(wilson(0, 0).rate));
  CHECK(std::isnan(wilson(0, 0).hi));
  CHECK_THROWS_AS(wilson(3, 2), std::invalid_argument);
}
