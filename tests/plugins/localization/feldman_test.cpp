// Memorisation scores and influence, against enumeration by hand.
#include "plugins/localization/feldman.hpp"

#include <assay/plugin.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

using namespace localization;

namespace {

/// Every subset of 3 of 5 points on a line is a model: its answer about a point is the label of the
/// nearest member (1-nearest-neighbour; no two distances are equal).
struct Enumeration {
  static constexpr double kPoints[] = {0, 1, 2.3, 4.1, 7};
  static constexpr int kLabels[] = {0, 0, 1, 0, 1};
  static constexpr double kTest[] = {0.4, 2.0, 5.9};
  static constexpr int kTestLabels[] = {0, 1, 1};
  Votes in{5, {}}, train{5, {}}, test{3, {}};

  Enumeration() {
    for (int mask = 0; mask < 32; ++mask) {
      if (__builtin_popcount(static_cast<unsigned>(mask)) != 3) continue;
      std::vector<uint8_t> members, right, right_test;
      for (int i = 0; i < 5; ++i) {
        members.push_back(mask >> i & 1);
        right.push_back(answer(mask, kPoints[i]) == kLabels[i]);
      }
      for (int t = 0; t < 3; ++t) right_test.push_back(answer(mask, kTest[t]) == kTestLabels[t]);
      in.append(members);
      train.append(right);
      test.append(right_test);
    }
  }
  static int answer(int mask, double x) {
    int nearest = -1;
    for (int i = 0; i < 5; ++i)
      if (mask >> i & 1 &&
          (nearest < 0 || std::abs(x - kPoints[i]) < std::abs(x - kPoints[nearest])))
        nearest = i;
    return kLabels[nearest];
  }
};

}  // namespace

TEST_CASE("scores of an enumerated learner are those worked out by hand") {
  const Enumeration e;
  REQUIRE(e.in.models() == 10);
  const auto m = memorisation(e.in, e.train);
  for (int i = 0; i < 5; ++i) {
    CHECK(m.n_in[static_cast<size_t>(i)] == 6);
    CHECK(m.n_out[static_cast<size_t>(i)] == 4);
    CHECK(m.p_in[static_cast<size_t>(i)] == 1);  // the nearest member of a member is itself
  }
  // Without point 2 (at 2.3, label 1) the subsets are 013, 014, 034, 134. Its nearest member is
  // 1, 1, 3 and 1, whose labels are all 0: never right, so it is memorised whole.
  CHECK(m.score[2] == 1);
  // Without point 0 (label 0): 123, 124, 134 answer with 1, and 234 with 2, of label 1: 3/4 right.
  CHECK(m.p_out[0] == doctest::Approx(0.75));
  CHECK(m.score[0] == doctest::Approx(0.25));
  CHECK(m.error[0] == doctest::Approx(std::sqrt(0.75 * 0.25 / 4)));
  // Without point 4 (at 7, label 1): 012 answers with 2, of label 1; 013, 023, 123 with 3: 1/4.
  CHECK(m.score[4] == doctest::Approx(0.75));
}

TEST_CASE("influence agrees with the definition summed pair by pair") {
  const Enumeration e;
  const std::vector<int64_t> all{0, 1, 2, 3, 4};
  const auto pairs = strongest(e.in, e.test, all, 15);
  REQUIRE(pairs.size() == 15);
  for (const auto& pair : pairs) {
    double right[2] = {}, count[2] = {};
    for (int64_t j = 0; j < 10; ++j) {
      const bool in = e.in.model(j)[static_cast<size_t>(pair.train)];
      ++count[in];
      right[in] += e.test.model(j)[static_cast<size_t>(pair.test)];
    }
    CHECK(pair.value == doctest::Approx(right[1] / count[1] - right[0] / count[0]));
  }
  for (size_t k = 1; k < pairs.size(); ++k) CHECK(pairs[k - 1].value >= pairs[k].value);
  // The test point at 2.0 is right only if its nearest member is point 2, which is so whenever
  // point 2 is in: 0.3 away.
  CHECK(pairs[0].train == 2);
  CHECK(pairs[0].test == 1);
  CHECK(pairs[0].value == 1);
}

TEST_CASE("only the strongest pairs of the candidates are kept, equal ones by their numbers") {
  const Enumeration e;
  const std::vector<int64_t> all{0, 1, 2, 3, 4}, some{1, 3};
  const auto whole = strongest(e.in, e.test, all, 15);
  for (const int64_t most : {0, 1, 4}) {
    const auto few = strongest(e.in, e.test, all, most);
    REQUIRE(static_cast<int64_t>(few.size()) == most);
    for (size_t k = 0; k < few.size(); ++k) {
      CHECK(few[k].train == whole[k].train);
      CHECK(few[k].test == whole[k].test);
    }
  }
  for (const auto& pair : strongest(e.in, e.test, some, 6)) CHECK(pair.train % 2 == 1);
}

TEST_CASE("an example that every subset has is undefined") {
  const Votes in{2, {1, 0, 1, 1}}, right{2, {1, 0, 1, 1}};
  const auto m = memorisation(in, right);
  CHECK(std::isnan(m.score[0]));
  CHECK(m.n_out[0] == 0);
  CHECK(m.score[1] == 1);
}

TEST_CASE("subsets have floor(fraction n) members, and each example its share of them") {
  // 3000 draws of probability 0.7: standard deviation 25, so 150 off has probability < 1e-8
  std::vector<int> seen(50);
  for (int64_t j = 0; j < 3000; ++j) {
    const auto members = subset(50, 0.7, j, 9);
    REQUIRE(members.size() == 35);
    CHECK(std::is_sorted(members.begin(), members.end()));
    for (const auto i : members) ++seen[static_cast<size_t>(i)];
  }
  for (const int count : seen) CHECK(std::abs(count - 2100) < 150);
  CHECK(subset(50, 0.7, 3, 9) == subset(50, 0.7, 3, 9));
  CHECK(subset(50, 0.7, 3, 9) != subset(50, 0.7, 4, 9));
}

TEST_CASE("a fraction that leaves no one in or out is refused") {
  CHECK_THROWS_WITH_AS(subset(10, 0.05, 0, 1),
                       "mem_fraction 0.050000 of 10 examples leaves no one in the subsets",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(subset(1, 0.999999999999, 0, 1),
                       "mem_fraction 1.000000 of 1 examples leaves no one out of the subsets",
                       std::invalid_argument);
}
