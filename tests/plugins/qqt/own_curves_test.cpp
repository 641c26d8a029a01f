// From the shipped folder of evaluation files to advice, as experiments/qqt/own_curves.toml does
// it.
#include "tests/plugins/qqt/qqt_host.hpp"

#include <doctest/doctest.h>

using namespace fake;
using qqt_test::host;

TEST_CASE("a folder of evaluation files becomes utilities, a decision, its doubt and advice") {
  std::vector<Run> imports;
  const char* const names[] = {"top_00_10", "top_10_20", "top_20_30", "top_30_40"};
  for (int64_t rank = 0; rank < 4; ++rank) {
    const std::string name = names[rank];
    imports.push_back(host().run("import",
                                 {{"pool", name},
                                  {"prefix", name + "/"},
                                  {"pool_size", 12.8e6},
                                  {"members", std::vector<int64_t>{rank}}},
                                 {{"files", {std::string(ASSAY_EXPERIMENTS "/qqt/example")}}}));
    REQUIRE_MESSAGE(imports.back().ok(), imports.back().message);
    CHECK(imports.back().out.metric("points") == 5);
  }
  std::vector<Source> curves;
  for (const Run& run : imports) curves.emplace_back(run);
  const Run fit = host().run("fit", {}, {{"curves", curves}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);

  // Intervals enclose the fit, and are no wider than the parameters' sizes.
  const auto value = fit.out.column("params", "value").as<double>(),
             lo = fit.out.column("params", "lo").as<double>(),
             hi = fit.out.column("params", "hi").as<double>();
  const auto& parameter = fit.out.column("params", "parameter").strings;
  for (size_t i = 0; i < value.size(); ++i) {
    CAPTURE(i);
    if (parameter[i] == "d") continue;
    CHECK(lo[i] < value[i]);
    CHECK(value[i] < hi[i]);
  }

  const Run best = host().run("best_pool", {{"budgets", std::vector<double>{32e6, 640e6}}},
                              {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  CHECK(best.out.column("best", "union").strings[0] == "top_00_10");
  CHECK(best.out.column("best", "q").as<int64_t>()[1] >= 2);
  const auto& advice = best.out.texts.at("advice");
  CAPTURE(advice);
  CHECK(advice.find("Measure top_00_10") == 0);
}
