#include "plugins/ssft/worst.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

using ssft::find_worst;

namespace {
const std::vector<double> kBadness{3, 1, 2, 3, 1, 2, 2, 0};
}

TEST_CASE("the worst come first, and the rest stays in order") {
  const auto worst = find_worst(kBadness, 2, 1);
  CHECK(std::set<int64_t>(worst.dropped.begin(), worst.dropped.end()) == std::set<int64_t>{0, 3});
  CHECK(worst.kept == std::vector<int64_t>{1, 2, 4, 5, 6, 7});
  CHECK(worst.ties == 2);
  CHECK(worst.ties_dropped == 2);
}

TEST_CASE("ties at the cut are counted, and the seed decides among them") {
  const auto worst = find_worst(kBadness, 4, 1);
  CHECK(worst.ties == 3);
  CHECK(worst.ties_dropped == 2);
  std::set<std::vector<int64_t>> outcomes;
  for (uint64_t key = 0; key < 40; ++key) outcomes.insert(find_worst(kBadness, 4, key).kept);
  CHECK(outcomes.size() == 3);  // each of the three stays for some key
  CHECK(find_worst(kBadness, 4, 7).kept == find_worst(kBadness, 4, 7).kept);
}

TEST_CASE("what a smaller k drops, a larger one drops first") {
  const std::vector<double> alike(50);
  const auto more = find_worst(alike, 20, 3).dropped, fewer = find_worst(alike, 7, 3).dropped;
  CHECK(std::equal(fewer.begin(), fewer.end(), more.begin()));
}

TEST_CASE("k = 0 drops nothing, and two examples must stay") {
  const auto none = find_worst(kBadness, 0, 1);
  CHECK(none.dropped.empty());
  CHECK(none.kept.size() == 8);
  CHECK(none.ties == 0);
  CHECK(find_worst(kBadness, 6, 1).kept.size() == 2);
  CHECK_THROWS_WITH_AS(find_worst(kBadness, 7, 1),
                       "k is 7, but A has 8 examples, of which at least 2 must stay",
                       std::invalid_argument);
}
