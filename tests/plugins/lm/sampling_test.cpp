// Choosing a token, by hand and by counting.
#include "plugins/common/lm/sampling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

using namespace assay;
using namespace assay::lm;

namespace {

/// The ids that many draws give.
std::set<text::Id> reached(const std::vector<float>& logits, Sampling s,
                           std::vector<text::Id> seen = {}) {
  std::set<text::Id> ids;
  for (uint64_t i = 0; i < 4000; ++i) ids.insert(choose(logits, s, seen, i));
  return ids;
}

std::vector<float> logs(const std::vector<double>& p) {
  std::vector<float> out;
  for (const double x : p) out.push_back(static_cast<float>(std::log(x)));
  return out;
}

}  // namespace

TEST_CASE("without temperature it is the most probable token, the lowest id of equals") {
  CHECK(choose(std::vector<float>{1, 3, 2, 3}, {}, {}, 0) == 1);
}

TEST_CASE("top-k keeps the k most probable, and those that equal the last of them") {
  const auto logits = logs({0.1, 0.3, 0.2, 0.15, 0.25});
  CHECK(reached(logits, {.temperature = 1, .top_k = 2}) == std::set<text::Id>{1, 4});
  CHECK(reached(logits, {.temperature = 1, .top_k = 1}) == std::set<text::Id>{1});
  CHECK(reached(logits, {.temperature = 1, .top_k = 9}).size() == 5);
  const std::vector<float> equal{2, 1, 1, 0};
  CHECK(reached(equal, {.temperature = 1, .top_k = 2}) == std::set<text::Id>{0, 1, 2});
}

TEST_CASE("top-p keeps the least set with that probability, at least one") {
  const auto logits = logs({0.1, 0.3, 0.2, 0.15, 0.25});  // sorted: 0.3, 0.55, 0.75, 0.9, 1
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.01}) == std::set<text::Id>{1});
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.5}) == std::set<text::Id>{1, 4});
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.7}) == std::set<text::Id>{1, 2, 4});
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.95}).size() == 5);
  // Of the three that top-k leaves, 0.3 and 0.25 have 0.73 of the probability.
  CHECK(reached(logits, {.temperature = 1, .top_k = 3, .top_p = 0.7}) == std::set<text::Id>{1, 4});
}

TEST_CASE("top-p finds what lies far below the greatest logit") {
  // One token with half of the probability, 50,000 with the rest.
  std::vector<float> logits(50001, 0.0f);
  logits[7] = static_cast<float>(std::log(50000.0));
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.49}) == std::set<text::Id>{7});
  CHECK(reached(logits, {.temperature = 1, .top_p = 0.9}).size() > 1500);
}

TEST_CASE("the penalty divides positive logits of tokens seen and multiplies negative ones, once") {
  const std::vector<float> logits{2, 1.9f, -1, -1.2f};
  const Sampling s{.repetition_penalty = 1.3};
  CHECK(choose(logits, s, {}, 0) == 0);
  CHECK(choose(logits, s, std::vector<text::Id>{0, 0, 0}, 0) == 1);  // 2 / 1.3 = 1.54
  const std::vector<float> low{-1, -1.2f};
  CHECK(choose(low, s, std::vector<text::Id>{0}, 0) == 1);  // -1 * 1.3 = -1.3
  CHECK(choose(low, {.repetition_penalty = 1.1}, std::vector<text::Id>{0, 0}, 0) == 0);
}

TEST_CASE("draws have the distribution's frequencies (false alarm below 1e-6)") {
  const std::vector<double> p{0.05, 0.2, 0.01, 0.3, 0.04, 0.15, 0.25};
  const int n = 50000;
  // Upper 1e-6 points of chi-squared with 6 and 3 degrees of freedom: 38.3 and 30.7.
  const auto statistic = [&](const Sampling& s, const std::vector<double>& expected) {
    std::vector<int> count(expected.size());
    const auto logits = logs(p);
    for (int i = 0; i < n; ++i)
      ++count[static_cast<size_t>(choose(logits, s, {}, static_cast<uint64_t>(i)))];
    double sum = 0;
    for (size_t v = 0; v < expected.size(); ++v) {
      if (expected[v] == 0) {
        CHECK(count[v] == 0);
        continue;
      }
      const double e = n * expected[v];
      sum += (count[v] - e) * (count[v] - e) / e;
    }
    return sum;
  };
  CHECK(statistic({.temperature = 1, .key = 3}, p) < 38.3);
  // At temperature 0.5 probabilities are squared.
  auto squared = p;
  double total = 0;
  for (const double x : p) total += x * x;
  for (auto& x : squared) x = x * x / total;
  CHECK(statistic({.temperature = 0.5, .key = 4}, squared) < 38.3);
  CHECK(statistic({.temperature = 1, .top_k = 4, .key = 5},
                  {0, 0.2 / 0.9, 0, 0.3 / 0.9, 0, 0.15 / 0.9, 0.25 / 0.9}) < 30.7);
  CHECK(statistic({.temperature = 1, .key = 3}, squared) > 1000);  // it can tell them apart
}

TEST_CASE("a draw depends on the key and the token's number alone") {
  const std::vector<float> logits(100, 0.0f);
  const Sampling a{.temperature = 1, .key = 1}, b{.temperature = 1, .key = 2};
  std::vector<text::Id> first, again, other;
  for (uint64_t i = 0; i < 50; ++i) first.push_back(choose(logits, a, {}, i));
  for (uint64_t i = 0; i < 50; ++i) again.push_back(choose(logits, a, {}, 49 - i));
  for (uint64_t i = 0; i < 50; ++i) other.push_back(choose(logits, b, {}, i));
  std::reverse(again.begin(), again.end());
  CHECK(first == again);
  CHECK(first != other);
}

TEST_CASE("a setting out of its range is named with what is allowed") {
  CHECK_THROWS_WITH_AS(check({.temperature = -1}),
                       "temperature is -1.000000; it is a finite number, at least 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(check({.top_p = 0}), "top_p is 0.000000; it is above 0 and at most 1",
                       std::invalid_argument);
  CHECK_THROWS_AS(check({.top_k = -1}), std::invalid_argument);
  CHECK_THROWS_AS(check({.repetition_penalty = 0}), std::invalid_argument);
  CHECK_THROWS_AS(check({.repetition_penalty = 1e-40}), std::invalid_argument);
  CHECK_THROWS_AS(check({.temperature = NAN}), std::invalid_argument);
  CHECK_THROWS_AS(check({.temperature = 1e-40}), std::invalid_argument);
}
