// The method measure as a whole, in a host in memory.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

using namespace fake;

namespace {

using Reals = std::vector<double>;

const Host& host() {
  static const Host h(ASSAY_QQT);
  return h;
}

/// 40 features, two pools of 30 samples, three replicates.
Params small() {
  return {{"world", std::string("powerlaw")}, {"pool_size", int64_t{30}},
          {"quality", Reals{0.1, 2}},         {"features", int64_t{40}},
          {"replicates", int64_t{3}},         {"rate", 0.05},
          {"eval_at", Reals{1, 2, 4, 8}}};
}

Run measure(const Params& params, const Options& options = {}) {
  return host().run("measure", params, {}, options);
}

}  // namespace

TEST_CASE("measure writes a curve of every replicate of every pool and union") {
  const Run run = measure(small(), {.seed = 2});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto& curves = run.out.tables.at("curves");
  const auto pools = curves.at("pool").strings;
  CHECK(pools.size() == 3 * 3 * 4);
  CHECK(pools.front() == "pool0");
  CHECK(pools.back() == "top2");
  CHECK(curves.at("members").strings.back() == "0+1");
  CHECK(curves.at("role").strings.back() == "union");
  CHECK(curves.at("pool_size").as<double>().back() == 60);
  CHECK(curves.at("n").as<double>().back() == 240);
  CHECK(curves.at("seed").as<int64_t>().front() == 6);  // seed 2 of three replicates each
  CHECK(curves.at("seed").as<int64_t>().back() == 8);
}

TEST_CASE("the series are the means over replicates, and `best` is the smallest of them") {
  const Run run = measure(small());
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto& curves = run.out.tables.at("curves");
  const auto error = curves.at("error").as<double>(), n = curves.at("n").as<double>();
  const auto mean = [&](const std::string& pool, double at) {
    double sum = 0;
    for (size_t i = 0; i < error.size(); ++i)
      if (curves.at("pool").strings[i] == pool && n[i] == at) sum += error[i] / 3;
    return sum;
  };
  const auto& best = run.out.tables.at("best");
  for (size_t i = 0; i < 4; ++i) {
    const auto [step, top1] = run.out.metrics.at("error/pool0")[i];
    const auto top2 = run.out.metrics.at("error/top2")[i].second;
    CAPTURE(step);
    CHECK(top1 == doctest::Approx(mean("pool0", static_cast<double>(step))));
    CHECK(top2 == doctest::Approx(mean("top2", static_cast<double>(step))));
    CHECK(best.at("best").as<int64_t>()[i] == (top1 <= top2 ? 1 : 2));
    CHECK(best.at("gain_on_best_pool").as<double>()[i] ==
          doctest::Approx(top1 - std::min(top1, top2)));
  }
}

TEST_CASE("noise is worse: the noisy pool alone ends with a greater error than the clean one") {
  const Run run = measure(small());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("error/pool0") < run.out.metric("error/pool1"));
  CHECK(run.out.metric("error/pool0") < run.out.metrics.at("error/pool0").front().second);
}

TEST_CASE("pools do not change when unions are left out") {
  Params alone = small();
  alone["unions"] = false;
  const Run with = measure(small()), without = measure(alone);
  REQUIRE(without.ok());
  CHECK(without.out.metrics.count("error/top2") == 0);
  CHECK(with.out.metrics.at("error/pool1") == without.out.metrics.at("error/pool1"));
}

TEST_CASE("the same seed writes the same bits, another seed others") {
  const Run once = measure(small(), {.seed = 4}), again = measure(small(), {.seed = 4}),
            other = measure(small(), {.seed = 5});
  CHECK(once.out == again.out);
  CHECK_FALSE(once.out == other.out);
}

TEST_CASE("a run that is stopped at any step goes on to the same bits") {
  const Run whole = measure(small());
  REQUIRE(whole.ok());
  for (const int64_t poll : {0, 1, 3, 7, 23}) {
    CAPTURE(poll);
    const Run stopped = measure(small(), {.stop_at_poll = poll});
    REQUIRE(stopped.status == ASSAY_CANCELLED);
    const Run resumed = measure(small(), {.resumes = &stopped});
    REQUIRE_MESSAGE(resumed.ok(), resumed.message);
    CHECK(resumed.out == whole.out);
  }
}

TEST_CASE("settings that contradict one another are refused in a sentence") {
  const auto refusal = [](const std::string& name, const Value& value) {
    Params params = small();
    params[name] = value;
    const Run run = measure(params);
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    return run.message;
  };
  CHECK(refusal("quality", Reals{2, 0.1}) ==
        "quality must ascend: the first pool is the best, with the least noise");
  CHECK(refusal("quality", Reals{-1, 0.1}) == "quality is a variance of noise: at least 0");
  CHECK(refusal("eval_at", Reals{2, 1}) ==
        "eval_at must ascend, by at least one batch of 10 samples each");
  CHECK(refusal("eval_at", Reals{0.1, 1}) ==
        "the first value of eval_at is less than one batch of 10 samples");
  CHECK(refusal("pools", int64_t{3}) ==
        "pools is for world = \"caption\"; world = \"powerlaw\" has a pool for each value of "
        "quality");
  CHECK(refusal("world", std::string("caption")) ==
        "quality does not apply to world = \"caption\", whose pools are cut by score: say with "
        "pools how many");
}

TEST_CASE("a rate that is too large ends the run as diverged") {
  Params params = small();
  params["rate"] = 50.0;
  const Run run = measure(params);
  CHECK(run.status == ASSAY_DIVERGED);
  CHECK(run.message ==
        "after 30 samples the error on pool0 is above 1 or no number; a smaller "
        "rate may help");
}
