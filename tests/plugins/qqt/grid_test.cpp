// The grid's shortcut (a parabola in a^b) against every node summed point by point.
#include "plugins/qqt/grid.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace qqt;

TEST_CASE("the grid finds, for each a, the node that a search node by node finds") {
  std::ifstream file(ASSAY_ORACLES "/qqt_fits.json");
  REQUIRE(file);
  const auto oracle = nlohmann::json::parse(file);
  REQUIRE(oracle["grids"].size() == 3);
  for (const auto& g : oracle["grids"]) {
    CAPTURE(g["law"]);
    CAPTURE(g["form"]);
    const auto axis = [&](const char* key) { return g["axes"][key].get<std::vector<double>>(); };
    const auto found = search_grid(make_setting(g["law"], g["form"], oracle["unit"]),
                                   Epochs(g["n"].get<std::vector<double>>(), g["N"]),
                                   g["error"].get<std::vector<double>>(),
                                   {axis("a"), axis("b"), axis("tau")}, g["d"]);
    for (size_t i = 0; i < found.sse.size(); ++i) {
      CAPTURE(i);
      const auto& right = g["per_a"][i];
      CHECK(found.sse[i] == doctest::Approx(right["sse"].get<double>()).epsilon(1e-9));
      CHECK(found.b[i] == right["at"][0].get<size_t>());
      CHECK(found.tau[i] == right["at"][1].get<size_t>());
    }
    const auto least = std::min_element(found.sse.begin(), found.sse.end()) - found.sse.begin();
    CHECK(least == g["at"][0].get<int64_t>());
  }
}

TEST_CASE("of nodes that fit equally well the first is kept") {
  // Within the first epoch tau does not matter at all: the first tau wins.
  const std::vector<double> n{100, 500}, error{0.9, 0.8};
  const auto found = search_grid({}, Epochs(n, 1000), error, {{1, 2}, {-0.2, -0.1}, {1, 2, 3}}, 0);
  CHECK(found.tau == std::vector<size_t>{0, 0});
}

TEST_CASE("an axis has both of its ends") {
  CHECK(evenly({1, 3}, 5) == std::vector<double>{1, 1.5, 2, 2.5, 3});
  CHECK(evenly({4, 9}, 1) == std::vector<double>{4});
}
