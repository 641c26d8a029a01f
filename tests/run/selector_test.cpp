#include "core/archive/archive.hpp"
#include "core/run/context.hpp"
#include "core/run/port.hpp"
#include "tests/run/lab.hpp"

using namespace assay;
using namespace assay::testing;

TEST_CASE("an edge selects a checkpoint by step, by a metric, or takes the last") {
  Lab lab;
  const size_t i = lab.add("lab", "train", {{"steps", 10}});
  REQUIRE(lab.run().exit_code() == 0);
  const Archive archive = lab.archive(i);
  const auto step = [&](const std::string& port) {
    return view_port(archive, port, ASSAY_CHECKPOINT).step;
  };
  CHECK(step("state") == 10);
  CHECK(step("state@last") == 10);
  CHECK(step("state@step=10") == 10);
  CHECK_THROWS_WITH_AS(step("state@step=3"),
                       "the run has no checkpoint \"state\" at step 3; it has: 10", Refusal);
  CHECK_THROWS_WITH_AS(step("other"), "the run has no checkpoint \"other\"", Refusal);
  CHECK_THROWS_WITH_AS(step("state@best(metrics/loss,min)"),
                       "no checkpoint lies at a step of metrics/loss", Refusal);
  CHECK_THROWS_WITH_AS(step("state@step=x"), "\"x\" is no step", Refusal);
}

TEST_CASE("a table shows its columns and nothing else") {
  Lab lab;
  const size_t i = lab.add("lab", "train", {{"steps", 3}});
  REQUIRE(lab.run().exit_code() == 0);
  std::vector<std::string> keys;
  for (const auto& item : view_port(lab.archive(i), "rows", ASSAY_TABLE).items)
    keys.push_back(item.key);
  CHECK(keys == std::vector<std::string>{"step", "value"});
}
