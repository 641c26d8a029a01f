// Removal against retention: against every threshold in numpy, and by hand.
#include "plugins/diffusion/detection.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>
#include <stdexcept>

using namespace diffusion;

namespace {
using Json = nlohmann::json;
using Doubles = std::vector<double>;
using Flags = std::vector<uint8_t>;

Json oracle() {
  std::ifstream file(ASSAY_ORACLES "/diffusion_scores.json");
  REQUIRE(file);
  return Json::parse(file)["detection"];
}

void check_point(const Point& found, const Json& expected) {
  if (!expected[0].is_null()) CHECK(found.tau == expected[0].get<double>());
  CHECK(found.removal == doctest::Approx(expected[1].get<double>()).epsilon(1e-14));
  CHECK(found.retention == doctest::Approx(expected[2].get<double>()).epsilon(1e-14));
}
}  // namespace

TEST_CASE("the curve, its operating points and the AUC equal numpy's and scipy's") {
  for (const Json& c : oracle()) {
    const auto score = c["score"].get<Doubles>();
    const auto bad = c["bad"].get<Flags>();
    const auto curve = removal_curve(score, bad);
    REQUIRE(curve.size() == c["curve"].size());
    for (size_t i = 0; i < curve.size(); ++i) {
      CAPTURE(i);
      check_point(curve[i], c["curve"][i]);
    }
    const auto found = detect(score, bad, 0.96, 0.95);
    check_point(found.retention, c["at_retention"]);
    check_point(found.removal, c["at_removal"]);
    CHECK(found.auc == doctest::Approx(c["auc"].get<double>()).epsilon(1e-13));
    CHECK(lowest(score, 50) == c["lowest_50"].get<std::vector<int64_t>>());
  }
}

TEST_CASE("two hallucinated among six give the curve worked by hand") {
  // In the support: 1 2 2 5; hallucinated: 2 7. At tau = 2 the 7 is removed and 1 2 2 are kept.
  const Doubles score{1, 2, 2, 5, 2, 7};
  const Flags bad{0, 0, 0, 0, 1, 1};
  const auto curve = removal_curve(score, bad);
  const double inf = std::numeric_limits<double>::infinity();
  const Point expected[] = {{-inf, 1, 0}, {1, 1, 0.25}, {2, 0.5, 0.75}, {5, 0.5, 1}, {7, 0, 1}};
  REQUIRE(curve.size() == 5);
  for (size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(curve[i].tau == expected[i].tau);
    CHECK(curve[i].removal == expected[i].removal);
    CHECK(curve[i].retention == expected[i].retention);
  }
  CHECK(at_retention(curve, 0.76).tau == 5);
  CHECK(at_removal(curve, 0.6).tau == 1);
  // Pairs: 2 beats 1, ties 2 2, loses to 5 (2 of 4); 7 beats all four: 6 of 8.
  CHECK(detect(score, bad, 0.96, 0.95).auc == 0.75);
}

TEST_CASE("a threshold at a score keeps the samples with that score") {
  const Doubles score{1, 2, 3, 4};
  const Flags bad{0, 1, 0, 1};
  CHECK(at_tau(score, bad, 2).removal == 0.5);
  CHECK(at_tau(score, bad, 2).retention == 0.5);
  CHECK(at_tau(score, bad, 1.5).removal == 1);
}

TEST_CASE("of equal scores the earlier samples are kept") {
  CHECK(lowest(Doubles{2, 1, 2, 2, 0}, 3) == std::vector<int64_t>{0, 1, 4});
  CHECK(lowest(Doubles{2, 1}, 5) == std::vector<int64_t>{0, 1});
}

TEST_CASE("samples of one kind alone, and scores that are NaN, are refused in a sentence") {
  CHECK_THROWS_WITH_AS(removal_curve(Doubles{1, 2}, Flags{0, 0}),
                       "none of the 2 samples are hallucinated, so there is nothing to tell "
                       "apart; draw more samples",
                       std::invalid_argument);
  CHECK_THROWS_AS(removal_curve(Doubles{1, std::nan("")}, Flags{0, 1}), std::invalid_argument);
  CHECK_THROWS_AS(removal_curve(Doubles{1}, Flags{0, 1}), std::invalid_argument);
}
