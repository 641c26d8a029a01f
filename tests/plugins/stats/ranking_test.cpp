// Ranking statistics against scipy and brute force, by hand, and by what must not change them.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "plugins/common/stats/ranking.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <random>

using namespace assay::stats;

namespace {
using Doubles = std::vector<double>;
using Flags = std::vector<uint8_t>;
using Json = nlohmann::json;

Json oracle() {
  std::ifstream file(ASSAY_ORACLES "/ranking.json");
  REQUIRE(file);
  return Json::parse(file)["cases"];
}

/// n scores of 12 levels, every third example positive and a little higher.
struct Sample {
  Doubles score, stratum;
  Flags positive;
  Sample(size_t n, unsigned seed) {
    std::mt19937_64 random(seed);
    for (size_t i = 0; i < n; ++i) {
      positive.push_back(i % 3 == 0 ? 1 : 0);
      score.push_back(static_cast<double>(random() % 10 + 2U * positive.back()));
      stratum.push_back(static_cast<double>(random() % 7));
    }
  }
};

// Sums of at most 400 terms of order 1 differ by their order of summation only.
doctest::Approx near(double x) { return doctest::Approx(x).epsilon(1e-12); }
}  // namespace

TEST_CASE("every statistic equals scipy's or brute force's on rankings with many ties") {
  size_t number = 0;
  for (const Json& c : oracle()) {
    CAPTURE(number);
    const auto score = c["score"].get<Doubles>(), y = c["y"].get<Doubles>();
    const auto stratum = c["stratum"].get<Doubles>();
    const auto positive = c["positive"].get<Flags>();
    const auto k = c["k"].get<size_t>();
    const double n_pos = static_cast<double>(k);
    CHECK(auc(score, positive) == near(c["auc"]));
    if (c["matched_auc"].is_null()) {
      CHECK(std::isnan(matched_auc(score, positive, stratum)));
    } else {
      CHECK(matched_auc(score, positive, stratum) == near(c["matched_auc"]));
    }
    CHECK(average_precision(score, positive) == near(c["average_precision"]));
    CHECK(precision_at_k(score, positive, k) == c["hits_at_k"].get<double>() / n_pos);
    CHECK(recall_at_fraction(score, positive, 0.1) ==
          c["hits_at_10_percent"].get<double>() / n_pos);
    CHECK(pearson(score, y) == near(c["pearson"]));
    CHECK(spearman(score, y) == near(c["spearman"]));
    CHECK(min_ranks(score) == c["min_ranks"].get<std::vector<int64_t>>());
    CHECK(average_ranks(score) == c["average_ranks"].get<Doubles>());
    const Doubles z = zscores(score), expected = c["zscores"].get<Doubles>();
    REQUIRE(z.size() == expected.size());
    for (size_t i = 0; i < z.size(); ++i) {
      CAPTURE(i);
      CHECK(z[i] == near(expected[i]));
    }
    ++number;
  }
  CHECK(number == 8);
}

TEST_CASE("a ranking worked by hand has the AUC 3/4 and the average precision 13/18") {
  // Scores 5 4 4 3 2 2 1 with positives + - + - + - . : the pairs (positive, negative) are won by
  // 5 over all four (4, 3, 2, 1); 4 ties 4, beats 3, 2, 1 (3.5); 2 ties 2, beats 1 (1.5): 9 of 12.
  const Doubles score{5, 4, 4, 3, 2, 2, 1};
  const Flags positive{1, 0, 1, 0, 1, 0, 0};
  CHECK(auc(score, positive) == 9.0 / 12);
  // Thresholds 5: P 1/1, R 1/3; 4: P 2/3, R 2/3; 3: no new positive; 2: P 3/6, R 1.
  CHECK(average_precision(score, positive) == near((1.0 + 2.0 / 3 + 1.0 / 2) / 3));
  // Ties by ascending index: the top three are indices 0, 1, 2, the top two 0 and 1.
  CHECK(precision_at_k(score, positive, 2) == 1.0 / 2);
  CHECK(precision_at_k(score, positive, 3) == 2.0 / 3);
  // round(7 * 0.3) = 2 examples hold one of three positives.
  CHECK(recall_at_fraction(score, positive, 0.3) == 1.0 / 3);
  CHECK(min_ranks(score) == std::vector<int64_t>{6, 4, 4, 3, 1, 1, 0});
  CHECK(average_ranks(score) == Doubles{6, 4.5, 4.5, 3, 1.5, 1.5, 0});
  // Strata {0, 1, 2} and {3 .. 6}: pairs inside are (5,4), (4,4) -> 1.5 of 2 and
  // (2,3), (2,2), (2,1) -> 1.5 of 3.
  CHECK(matched_auc(score, positive, Doubles{0, 0, 0, 9, 9, 9, 9}) == 3.0 / 5);
}

TEST_CASE("a monotone transform of the scores changes no ranking statistic") {
  const Sample s(300, 1);
  Doubles stretched;
  for (const double v : s.score) stretched.push_back(std::exp(v) - 7);
  CHECK(auc(stretched, s.positive) == auc(s.score, s.positive));
  CHECK(average_precision(stretched, s.positive) == average_precision(s.score, s.positive));
  CHECK(matched_auc(stretched, s.positive, s.stratum) ==
        matched_auc(s.score, s.positive, s.stratum));
  CHECK(spearman(stretched, s.stratum) == spearman(s.score, s.stratum));
  CHECK(min_ranks(stretched) == min_ranks(s.score));
}

TEST_CASE("the order of the examples changes neither AUC nor average precision") {
  const Sample s(300, 2);
  const Doubles backwards(s.score.rbegin(), s.score.rend());
  const Doubles strata(s.stratum.rbegin(), s.stratum.rend());
  const Flags flags(s.positive.rbegin(), s.positive.rend());
  CHECK(auc(backwards, flags) == auc(s.score, s.positive));
  CHECK(average_precision(backwards, flags) == average_precision(s.score, s.positive));
  CHECK(matched_auc(backwards, flags, strata) == matched_auc(s.score, s.positive, s.stratum));
}

TEST_CASE("negating the scores or swapping the classes turns an AUC into one minus it") {
  const Sample s(300, 3);
  Doubles negated;
  Flags swapped;
  for (const double v : s.score) negated.push_back(-v);
  for (const uint8_t p : s.positive) swapped.push_back(p == 0 ? 7 : 0);
  CHECK(auc(negated, s.positive) == near(1 - auc(s.score, s.positive)));
  CHECK(auc(s.score, swapped) == near(1 - auc(s.score, s.positive)));
}

TEST_CASE("one stratum gives the plain AUC, and a score matched on itself gives one half") {
  const Sample s(300, 4);
  CHECK(matched_auc(s.score, s.positive, Doubles(300, 2.5)) == auc(s.score, s.positive));
  CHECK(matched_auc(s.score, s.positive, s.score) == 0.5);
}

TEST_CASE("a perfect ranking scores 1 and equal scores carry no information") {
  const Doubles rising{1, 2, 3, 4}, equal(4, 2.0);
  const Flags last_two{0, 0, 1, 1};
  CHECK(auc(rising, last_two) == 1);
  CHECK(average_precision(rising, last_two) == 1);
  CHECK(auc(equal, last_two) == 0.5);
  CHECK(average_precision(equal, last_two) == 0.5);
  CHECK(auc(Doubles{-0.0, 0.0}, Flags{1, 0}) == 0.5);
}

TEST_CASE("a question without an answer is NaN") {
  const Doubles some{1, 2, 3}, with_nan{1, NAN, 3};
  const Flags none{0, 0, 0}, all{1, 1, 1}, one{1, 0, 0};
  CHECK(std::isnan(auc(some, none)));
  CHECK(std::isnan(auc(some, all)));
  CHECK(std::isnan(auc(with_nan, one)));
  CHECK(std::isnan(auc({}, {})));
  CHECK(std::isnan(average_precision(some, none)));
  CHECK(std::isnan(average_precision(with_nan, one)));
  CHECK(std::isnan(precision_at_k(some, one, 0)));
  CHECK(std::isnan(precision_at_k(some, one, 4)));
  CHECK(std::isnan(recall_at_fraction(some, none, 0.5)));
  CHECK(std::isnan(matched_auc(some, one, some)));
  CHECK(std::isnan(pearson(some, Doubles(3, 1.0))));
  CHECK(std::isnan(pearson(Doubles{1}, Doubles{1})));
  CHECK(std::isnan(spearman(with_nan, some)));
}

TEST_CASE("spans of different lengths, and NaN among values to be ranked, are refused") {
  CHECK_THROWS_WITH_AS(auc(Doubles{1, 2}, Flags{1}),
                       "a statistic was given 2 and 1 values; they must be equally many",
                       std::invalid_argument);
  CHECK_THROWS_AS(min_ranks(Doubles{1, NAN}), std::invalid_argument);
  CHECK_THROWS_AS(average_ranks(Doubles{NAN}), std::invalid_argument);
  CHECK_THROWS_AS(recall_at_fraction(Doubles{1}, Flags{1}, 1.5), std::invalid_argument);
  CHECK_THROWS_AS(recall_at_fraction(Doubles{1}, Flags{1}, NAN), std::invalid_argument);
}

TEST_CASE("z-scores have mean 0 and variance 1, and a constant has z-score 0") {
  const Doubles z = zscores(Sample(300, 5).score);
  double sum = 0, square = 0;
  for (const double v : z) {
    sum += v;
    square += v * v;
  }
  CHECK(std::abs(sum) < 1e-11);
  CHECK(square / 300 == near(1));
  CHECK(zscores(Doubles{0.1, 0.1, 0.1}) == Doubles{0, 0, 0});
  CHECK(zscores({}).empty());
}
