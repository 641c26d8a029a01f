// Scores of running chains against whole trajectories in numpy, and the choice of a window.
#include "plugins/diffusion/scores.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>

using namespace diffusion;

namespace {
using Json = nlohmann::json;
using Doubles = std::vector<double>;
using Steps = std::vector<int64_t>;

Json oracle() {
  std::ifstream file(ASSAY_ORACLES "/diffusion_scores.json");
  REQUIRE(file);
  return Json::parse(file)["scores"];
}

Steps all_steps(int64_t T) {
  Steps visited;
  for (int64_t t = T; t-- > 0;) visited.push_back(t);
  return visited;
}

/// Shows `scores` the trajectories x0 (n, T, D), `rows` chains at once.
void play(WindowScores& scores, const Steps& visited, const std::vector<float>& x0, int64_t n,
          int64_t features, int64_t rows) {
  const auto T = static_cast<int64_t>(visited.size());
  for (int64_t first = 0; first < n; first += rows)
    for (int64_t s = 0; s < T; ++s) {
      std::vector<float> now;
      const int64_t end = std::min(n, first + rows);
      for (int64_t i = first; i < end; ++i)
        for (int64_t j = 0; j < features; ++j)
          now.push_back(x0[static_cast<size_t>((i * T + s) * features + j)]);
      const int64_t t = visited[static_cast<size_t>(s)];
      if (scores.wants(t)) scores.see(t, now.data(), first, end - first);
    }
}
}  // namespace

TEST_CASE("scores of chains as they run equal two passes over their trajectories in numpy") {
  int checked = 0;
  for (const Json& c : oracle()) {
    std::vector<Window> windows;
    for (const Json& w : c["windows"]) windows.push_back({w["lo"], w["hi"]});
    const auto visited = c["t"].get<Steps>();
    const int64_t n = c["n"], features = c["features"];
    WindowScores scores(windows, visited, c["snr"].get<Doubles>(), n, features);
    play(scores, visited, c["x0"].get<std::vector<float>>(), n, features, 2);
    for (size_t w = 0; w < windows.size(); ++w)
      for (size_t s = 0; s < kScores.size(); ++s) {
        CAPTURE(show(windows[w]));
        CAPTURE(kScores[s]);
        const auto expected = c["windows"][w][kScores[s]].get<Doubles>();
        const auto found = scores.scores(static_cast<Score>(s), w);
        for (size_t i = 0; i < expected.size(); ++i, ++checked)
          CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-11));
      }
  }
  CHECK(checked > 80);
}

TEST_CASE("scores of x0 + 4096 are those of x0, to the bit or to 11 digits") {
  // The values and their differences are multiples of 1/64, exact at either place.
  const auto visited = all_steps(4);
  std::vector<float> x0{0.5F, 1.25F, -2, 0.015625F}, far;
  for (const float x : x0) far.push_back(x + 4096);
  const Doubles snr{1, 2, 4, 8};
  WindowScores a({{0, 4}}, visited, snr, 1, 1), b({{0, 4}}, visited, snr, 1, 1);
  play(a, visited, x0, 1, 1, 1);
  play(b, visited, far, 1, 1, 1);
  CHECK(a.score(Score::path_length, 0, 0) == b.score(Score::path_length, 0, 0));
  CHECK(a.score(Score::variance, 0, 0) ==
        doctest::Approx(b.score(Score::variance, 0, 0)).epsilon(1e-11));
}

TEST_CASE("the variance of 1, 3, 5 in a window of three steps is 8/3, its path length 4") {
  WindowScores scores({{0, 3}}, all_steps(5), Doubles{9, 9, 1, 2, 3}, 1, 1);
  play(scores, all_steps(5), {100, -100, 1, 3, 5}, 1, 1, 1);
  CHECK(scores.visited(0) == 3);
  CHECK(!scores.wants(3));
  CHECK(scores.score(Score::variance, 0, 0) == doctest::Approx(8.0 / 3));
  CHECK(scores.score(Score::path_length, 0, 0) == doctest::Approx(4));
  CHECK(scores.score(Score::noise_weighted, 0, 0) ==
        doctest::Approx((1 * 4 + 2 * 0 + 3 * 4) / 3.0));
}

TEST_CASE("a window that holds one visited timestep is refused with the count") {
  const Steps visited{40, 20, 0};
  CHECK_THROWS_WITH_AS(WindowScores({{0, 10}}, visited, Doubles{1, 1, 1}, 1, 1),
                       "the window [0, 10) holds 1 of the 3 visited timesteps; a score needs 2: "
                       "widen it, or visit more timesteps",
                       std::invalid_argument);
  CHECK_THROWS_AS(WindowScores({{0, 10}}, Steps{0, 1, 2}, Doubles{1, 1, 1}, 1, 1),
                  std::invalid_argument);
}

TEST_CASE("with the paper's schedule and modes at distance 1 the automatic window is [0, 10)") {
  const auto schedule = make_schedule("linear", 1000, 0.001, 0.2);
  const auto visited = all_steps(1000);
  CHECK(auto_window(schedule, visited, 1).hi == 10);
  CHECK(auto_window(schedule, visited, 0.7070).hi == 6);  // gaussian25: 4 to 6 served
  CHECK(auto_window(schedule, visited, 1.2242).hi == 13);
  CHECK(auto_window(schedule, Steps{60, 40, 20, 0}, 1).hi == 21);
}

TEST_CASE("windows are pairs of timesteps that ascend") {
  CHECK(windows_of({0, 10, 5, 20}).size() == 2);
  CHECK_THROWS_AS(windows_of({0, 10, 5}), std::invalid_argument);
  CHECK_THROWS_AS(windows_of({10, 10}), std::invalid_argument);
  CHECK_THROWS_AS(windows_of({-1, 10}), std::invalid_argument);
}
