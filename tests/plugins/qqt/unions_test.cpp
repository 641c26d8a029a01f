// Unions, the best of them, crossovers of the released laws, and what to measure next.
#include "plugins/qqt/advice.hpp"
#include "tests/plugins/qqt/released.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace qqt;

namespace {

Laws released(Law law = Law::utility) {
  const bool u = law == Law::utility;
  Laws laws{{law, Form::code, 1e5}, 1, {}, {}};
  for (size_t i = 0; i < 5; ++i)
    laws.pools.push_back(
        {std::string(1, static_cast<char>('A' + i)),
         i < 4 ? "pool" : "control",
         "",
         {},
         kReleasedN,
         {u ? 0.025 : 0.022, u ? kUtilityB[i] : kDataB[i], u ? kUtilityTau[i] : kDataTau[i], 0.1}});
  for (size_t i = 0; i < 4; ++i) laws.pools[i].members = {static_cast<int64_t>(i)};
  return laws;
}

const std::vector<double> kBudgets{32e6, 64e6, 128e6, 640e6, 1280e6};

std::vector<size_t> best_q(const Laws& laws) {
  const auto candidates = prefix_unions(laws);
  const auto errors = errors_of(laws, candidates, kBudgets);
  std::vector<size_t> q;
  for (size_t i = 0; i < kBudgets.size(); ++i) q.push_back(candidates[best_at(errors, i)].q());
  return q;
}
}  // namespace

TEST_CASE(
    "the best unions of the released laws are 1, 1, 2, 2, 3 pools, and 1, 1, 2, 3, 3 for law D") {
  CHECK(best_q(released()) == std::vector<size_t>{1, 1, 2, 2, 3});
  CHECK(best_q(released(Law::data)) == std::vector<size_t>{1, 1, 2, 3, 3});
}

TEST_CASE(
    "released laws cross at 100.54 M and 1096.3 M samples, or 67.8 M and 344.4 M, and then not") {
  const double expected[2][2] = {{100.54e6, 1096.3e6}, {67.8e6, 344.4e6}};
  const double digits[2][2] = {{0.005e6, 0.05e6}, {0.05e6, 0.05e6}};
  for (const Law law : {Law::utility, Law::data})
    for (size_t q = 1; q <= 3; ++q) {
      CAPTURE(q);
      const auto found = crossovers(released_union(law, q), released_union(law, q + 1), 8e6, 5e9);
      REQUIRE(found.size() == (q < 3 ? 1 : 0));
      if (q == 3) continue;
      const size_t row = law == Law::utility ? 0 : 1;
      CHECK(std::abs(found[0].samples - expected[row][q - 1]) <= digits[row][q - 1]);
      CHECK(found[0].to_second);
    }
}

TEST_CASE("controls are no candidates, and pools without utility only if they are kept") {
  Laws laws = released();
  CHECK(prefix_unions(laws).size() == 4);
  laws.pools[3].usable = false;
  CHECK(prefix_unions(laws).size() == 3);
  CHECK(prefix_unions(laws, true).size() == 4);
  for (auto& p : laws.pools) p.usable = false;
  CHECK_THROWS_WITH_AS(prefix_unions(laws), doctest::Contains("no pool with measurable utility"),
                       std::invalid_argument);
}

TEST_CASE("pools are ordered by utility, ties as they come") {
  Laws laws = released();
  std::swap(laws.pools[0], laws.pools[2]);
  laws.pools[3].p.b = laws.pools[0].p.b;  // C and D tie; C comes first
  CHECK(by_utility(laws) == std::vector<size_t>{2, 1, 0, 3});
  CHECK(prefix_unions(laws)[2].name == "A + B + C");
}

TEST_CASE("all unions of three pools are seven, the small ones first") {
  Laws laws = released();
  laws.pools.resize(3);
  std::vector<std::string> names;
  for (const auto& c : all_unions(laws)) names.push_back(c.name);
  CHECK(names == std::vector<std::string>{"A", "B", "C", "A + B", "A + C", "B + C", "A + B + C"});
  laws.pools.resize(1);
  for (int i = 0; i < 13; ++i) laws.pools.push_back(laws.pools[0]);
  CHECK_THROWS_WITH_AS(all_unions(laws), doctest::Contains("at most 12"), std::invalid_argument);
}

TEST_CASE("of equally good unions the smaller is best") {
  CHECK(best_at({{0.5}, {0.4}, {0.4}}, 0) == 1);
}

TEST_CASE("a mixture of pools of different a is refused, and one pool is not") {
  Laws laws = released();
  laws.pools[1].p.a = 0.03;
  CHECK_NOTHROW(mixture_of(laws, make_candidate(laws, {1})));
  CHECK_THROWS_WITH_AS(mixture_of(laws, make_candidate(laws, {0, 1})),
                       doctest::Contains("a_mode = \"shared\""), std::invalid_argument);
}

TEST_CASE("gamma is found again from a union that follows it") {
  Laws laws = released();
  laws.gamma = 0.35;
  Curve curve{"A + B", "union", "", {0, 1}, 2 * kReleasedN, {}};
  const Mixture law = mixture_of(laws, candidate_of(laws, curve));
  for (const double epochs : {1.0, 4.0, 8.0, 20.0})
    curve.points.push_back({epochs * kReleasedN, law.error(epochs * kReleasedN)});
  laws.gamma = 1;
  CHECK(fit_gamma(laws, curve) == doctest::Approx(0.35).epsilon(1e-3));
  curve.members = {0, 7};
  CHECK_THROWS_WITH_AS(fit_gamma(laws, curve), doctest::Contains("no pool of rank 7"),
                       std::invalid_argument);
}

TEST_CASE("a union whose N is not the sum of its pools' is refused, rounded sizes are not") {
  const Laws laws = released();
  Curve curve{"A + B", "union", "", {0, 1}, 2 * kReleasedN * 1.0002, {}};
  CHECK(candidate_of(laws, curve).q() == 2);
  curve.N = 3 * kReleasedN;
  CHECK_THROWS_WITH_AS(candidate_of(laws, curve), doctest::Contains("check its N and its members"),
                       std::invalid_argument);
}

TEST_CASE("steep pools are named where they are candidates") {
  Laws laws = released();
  CHECK(steep_pools(laws, prefix_unions(laws)).empty());
  laws.pools[1].p.b = -0.71;
  CHECK(steep_pools(laws, prefix_unions(laws)).find("of pool \"B\" (b = -0.71)") !=
        std::string::npos);
  CHECK(steep_pools(laws, {make_candidate(laws, {0, 2})}).empty());
}

TEST_CASE("gamma is from -1 to 2, or -2 for the laws' own") {
  CHECK_NOTHROW(check_gamma(-2));
  CHECK_NOTHROW(check_gamma(-1));
  CHECK_THROWS_AS(check_gamma(-1.5), std::invalid_argument);
  CHECK(gamma_at_end(2));
  CHECK(gamma_at_end(-1));
  CHECK(gamma_at_end(1.99995));  // where the golden section stops
  CHECK_FALSE(gamma_at_end(1.9));
}

TEST_CASE("draws that choose differently at one budget point there, and equal draws nowhere") {
  Laws laws = released();
  std::vector<Parameters> same;
  for (const auto& p : laws.pools) same.push_back(p.p);
  laws.draws.assign(4, same);
  const auto candidates = prefix_unions(laws);
  const auto shares = decisions(laws, candidates, kBudgets);
  CHECK(shares[0][0] == 1);
  CHECK_FALSE(what_next(laws, candidates, kBudgets, shares).any);
  laws.draws[3][0].tau = 3;  // one draw in which A wears out sooner: at 64 M it takes A and B
  const auto next = what_next(laws, candidates, kBudgets, decisions(laws, candidates, kBudgets));
  REQUIRE(next.any);
  CHECK(next.advice.samples == 64e6);
  CHECK(next.advice.first == 0);
  CHECK(next.advice.second == 1);
  CHECK(next.advice.first_share == doctest::Approx(0.75));
  CHECK(sentence(next, laws, candidates) ==
        "Measure A and A + B at 64 M samples: the draws disagree most there, 75 % choose the "
        "first and 25 % the second.");
}

TEST_CASE("without draws the advice is why nobody can say how sure the choice is") {
  Laws laws = released();
  const auto candidates = prefix_unions(laws);
  CHECK(sentence({}, laws, candidates).find("the laws come without draws") != std::string::npos);
  laws.points = 2, laws.parameters = 3;
  CHECK(sentence({}, laws, candidates) ==
        "This cannot say how sure the choice is: there are 2 points for 3 parameters; measure more "
        "points of each pool.");
  laws.points = 20;
  CHECK(sentence({}, laws, candidates).find("a bootstrap above 0") != std::string::npos);
  laws.pools.resize(1);
  CHECK(sentence({}, laws, prefix_unions(laws)).find("nothing to choose") != std::string::npos);
}

TEST_CASE("log-spaced budgets have both ends and equal ratios") {
  const auto n = log_spaced(1, 1000, 4);
  CHECK(n.front() == 1);
  CHECK(n[1] == doctest::Approx(10));
  CHECK(n.back() == 1000);
}
