// The method linear_theory as a whole, in a host in memory.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

/// Small enough for a test, in enough dimensions for the points to be nearly orthogonal.
Params small() {
  return {{"d", int64_t{3000}},
          {"n_majority", int64_t{60}},
          {"n_mislabelled", int64_t{8}},
          {"n_rare", int64_t{12}},
          {"steps", int64_t{2000}}};
}

Run theory(const Params& params, uint64_t seed = 0) {
  return host().run("linear_theory", params, {}, {.seed = seed});
}
}  // namespace

TEST_CASE("mislabelled points are forgotten at a time at which rare ones are still right") {
  const Run run = theory(small());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("at_start/mislabelled") == 1);
  CHECK(run.out.metric("separates") == 1);
  CHECK(run.out.metric("separation/mislabelled") == 0);
  CHECK(run.out.metric("separation/rare") >= 0.95);
  CHECK(run.out.metric("separation/majority") == 1);
  CHECK(run.out.metric("at_limit/majority") == 1);
  CHECK(run.out.metric("margin_violation") < 1e-8);
}

TEST_CASE("rare points that share a direction are right at every step and in the limit") {
  Params params = small();
  params["rare"] = std::string("group");
  params["d"] = int64_t{12000};
  const Run run = theory(params);
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("least/rare") == 1);
  CHECK(run.out.metric("at_limit/rare") == 1);
}

TEST_CASE("the same seed writes the same bits, another seed others") {
  const Run once = theory(small(), 4), again = theory(small(), 4), other = theory(small(), 5);
  REQUIRE(once.ok());
  CHECK(once.out == again.out);
  CHECK_FALSE(once.out == other.out);
}

TEST_CASE("records are at steps 0 and 1, at the last step, and ever farther apart") {
  const Run run = theory(small());
  const auto step = run.out.column("trace", "step").as<int64_t>();
  REQUIRE(step.size() % 4 == 0);
  CHECK(step.front() == 0);
  CHECK(step[4] == 1);
  CHECK(step.back() == 2000);
  for (size_t i = 4; i < step.size(); i += 4) CHECK(step[i] > step[i - 4]);
  CHECK(step.size() / 4 < 2 + 40 * 3.4);
}

TEST_CASE("a mean or a step size that is no finite number is refused before anything runs") {
  const auto& method = host().method("linear_theory");
  for (const char* name : {"mu", "eta"}) {
    std::vector<assay_value> values;
    for (auto p = method.params; *p; ++p) {
      values.push_back((*p)->fallback);
      if (std::string((*p)->name) == name) values.back().as.f = NAN;
    }
    char why[200];
    CHECK(method.check(values.data(), why, sizeof why) == ASSAY_INVALID_ARGUMENT);
    CHECK(std::string(why) == "mu and eta must be finite numbers");
  }
}

TEST_CASE("a step size that makes the descent diverge ends the run as diverged") {
  Params params = small();
  params["eta"] = 1e300;
  params["normalised"] = false;
  const Run run = theory(params);
  CHECK(run.status == ASSAY_DIVERGED);
  CHECK(run.message.find("a smaller eta may help") != std::string::npos);
}

TEST_CASE("too few dimensions to separate A are refused in one sentence") {
  Params params = small();
  params["d"] = int64_t{4};
  const Run run = theory(params);
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find("no hyperplane through the origin was found") == 0);
}
