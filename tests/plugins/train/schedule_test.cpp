#include "plugins/common/train/schedule.hpp"

#include <doctest/doctest.h>

#include <vector>

using assay::train::plateau_factor;
using assay::train::Schedule;

TEST_CASE("the triangle starts at 0, peaks after the warm-up and would be 0 after the last step") {
  const Schedule s{"triangle", 0.1, 100, 10, 50};
  CHECK(s.rate(0, {}) == 0);
  CHECK(s.rate(250, {}) == doctest::Approx(0.05));   // half of the warm-up
  CHECK(s.rate(500, {}) == doctest::Approx(0.1));    // its end
  CHECK(s.rate(2750, {}) == doctest::Approx(0.05));  // epoch 55: half-way down
  CHECK(s.rate(4999, {}) == doctest::Approx(0.1 * 0.02 / 90));
  CHECK(s.rate(5000, {}) == 0);
}

TEST_CASE("a triangle without warm-up starts at its peak") {
  CHECK(Schedule{"triangle", 0.3, 10, 0, 5}.rate(0, {}) == doctest::Approx(0.3));
}

TEST_CASE("a warm-up as long as the stage never comes down") {
  CHECK(Schedule{"triangle", 0.4, 4, 4, 10}.rate(39, {}) == doctest::Approx(0.4 * 39 / 40));
}

TEST_CASE("the cosine and the line fall from the peak to 0") {
  const Schedule line{"linear", 0.2, 4, 0, 10}, cosine{"cosine", 0.2, 4, 0, 10};
  CHECK(line.rate(0, {}) == doctest::Approx(0.2));
  CHECK(line.rate(30, {}) == doctest::Approx(0.05));
  CHECK(cosine.rate(0, {}) == doctest::Approx(0.2));
  CHECK(cosine.rate(20, {}) == doctest::Approx(0.1));
  CHECK(cosine.rate(40, {}) == doctest::Approx(0.0));
}

TEST_CASE("the plateau cuts the rate by five when six epochs in a row bring less than 1 %") {
  std::vector<double> losses{1.0, 0.5};                  // both improve
  for (int i = 0; i < 5; ++i) losses.push_back(0.4999);  // five that do not
  CHECK(plateau_factor(losses) == 1);
  losses.push_back(0.4999);  // the sixth
  CHECK(plateau_factor(losses) == doctest::Approx(0.2));
  losses.push_back(0.1);  // an improvement starts anew
  for (int i = 0; i < 6; ++i) losses.push_back(0.1);
  CHECK(plateau_factor(losses) == doctest::Approx(0.04));
  const Schedule s{"plateau", 0.1, 100, 0, 10};
  CHECK(s.rate(90, losses) == doctest::Approx(0.004));
  CHECK(s.rate(90, std::vector<double>(200, 1.0)) == doctest::Approx(1e-5));  // never below
}

TEST_CASE("the reference's schedule is the same one stretched by one step an epoch") {
  const Schedule exact{"triangle", 0.1, 10, 1, 50}, reference{"triangle", 0.1, 10, 1, 51};
  CHECK(exact.rate(50, {}) == doctest::Approx(0.1));
  CHECK(reference.rate(51, {}) == doctest::Approx(0.1));
  CHECK(reference.rate(499, {}) > exact.rate(499, {}));
}
