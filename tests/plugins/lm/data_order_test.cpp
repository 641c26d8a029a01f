#include "plugins/common/lm/data_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace assay;

TEST_CASE("an epoch has every example once, in an order of its own") {
  lm::DataOrder order(10, 7);
  auto first = order.batch(0, 10), second = order.batch(10, 10);
  CHECK(first != second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  for (int64_t i = 0; i < 10; ++i) CHECK(first[static_cast<size_t>(i)] == i);
  CHECK(first == second);
  CHECK(lm::DataOrder(10, 7, false).batch(8, 4) == std::vector<int64_t>{8, 9, 0, 1});
  CHECK_THROWS_AS(lm::DataOrder(0, 7), std::invalid_argument);
}

TEST_CASE("the order depends neither on the size of batches nor on where it is entered") {
  lm::DataOrder whole(11, 3), parts(11, 3), entered(11, 3);
  const auto all = whole.batch(0, 40);
  std::vector<int64_t> joined;
  for (int64_t at = 0; at < 40; at += 4)
    for (const int64_t i : parts.batch(at, 4)) joined.push_back(i);
  CHECK(joined == all);
  CHECK(entered.at(33) == all[33]);
  CHECK(entered.at(2) == all[2]);
  CHECK(lm::DataOrder(11, 4).batch(0, 11) != whole.batch(0, 11));
}

TEST_CASE("a mixture keeps its shares at every prefix") {
  const std::vector<double> weights{1, 1};
  lm::Mixture half(weights);
  for (int64_t t = 0; t < 20; ++t) CHECK(half.at(t).stream == t % 2);
  CHECK(half.at(19).index == 9);

  const std::vector<double> shares{5, 0, 2, 3};
  lm::Mixture mixture(shares);
  std::array<int64_t, 4> counts{};
  for (int64_t t = 0; t < 1000; ++t) {
    const auto place = mixture.at(t);
    CAPTURE(t);
    CHECK(place.index == counts[static_cast<size_t>(place.stream)]++);
    for (size_t i = 0; i < 4; ++i)
      CHECK(std::abs(shares[i] / 10 * static_cast<double>(t + 1) -
                     static_cast<double>(counts[i])) <= 1.5);
  }
  CHECK(counts == std::array<int64_t, 4>{500, 0, 200, 300});
}

TEST_CASE("a mixture can be asked for any position") {
  const std::vector<double> weights{0.3, 0.7};
  lm::Mixture up(weights), back(weights);
  std::vector<lm::Mixture::Place> seen;
  for (int64_t t = 0; t < 30; ++t) seen.push_back(up.at(t));
  for (int64_t t = 29; t >= 0; --t) {
    const auto& expected = seen[static_cast<size_t>(t)];
    CHECK(back.at(t).stream == expected.stream);
    CHECK(back.at(t).index == expected.index);
    CHECK(back.at(t).index == expected.index);
  }
  CHECK_THROWS_AS(lm::Mixture(std::vector<double>{0, 0}), std::invalid_argument);
  CHECK_THROWS_AS(lm::Mixture(std::vector<double>{1, -1}), std::invalid_argument);
}
