// Which runs a trial has, and in what order each sees its samples.
#include "plugins/qqt/trial.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace qqt;

namespace {

/// The samples of the first `steps` steps.
std::vector<int64_t> samples(const TrialPlan& plan, int64_t run, int64_t steps, uint64_t key = 3) {
  Feed feed(plan, run, key);
  std::vector<int64_t> out(static_cast<size_t>(steps * plan.batch));
  for (int64_t s = 0; s < steps; ++s) feed.batch(s, out.data() + s * plan.batch);
  return out;
}

}  // namespace

TEST_CASE("a plan has each pool alone, then the unions of the best ones, in every replicate") {
  const auto plan = TrialPlan::make(3, 10, 2, 5, true);
  std::vector<std::string> names;
  for (const auto& set : plan.sets) names.push_back(set.name);
  CHECK(names == std::vector<std::string>{"pool0", "pool1", "pool2", "top2", "top3"});
  CHECK(plan.runs() == 10);
  CHECK(plan.replicate(7) == 1);
  CHECK(plan.set(7).name == "pool2");
  CHECK(plan.distinct(9) == 30);
  CHECK(TrialPlan::make(3, 10, 2, 5, false).sets.size() == 3);
}

TEST_CASE("every epoch shows each sample of the training set once, also when batches straddle it") {
  const auto plan = TrialPlan::make(3, 10, 1, 4, true);  // 4 does not divide 10 nor 30
  for (const int64_t run : {1, 3, 4}) {
    CAPTURE(run);
    const int64_t first = plan.set(run).pools.front() * 10, size = plan.distinct(run);
    auto seen = samples(plan, run, size);  // four epochs
    CHECK(std::vector(seen.begin(), seen.begin() + size) !=
          std::vector(seen.begin() + size, seen.begin() + 2 * size));
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      const auto begin = seen.begin() + epoch * size;
      std::sort(begin, begin + size);
      for (int64_t i = 0; i < size; ++i) REQUIRE(begin[i] == first + i);
    }
  }
}

TEST_CASE("the union of one pool is the pool") {
  auto plan = TrialPlan::make(3, 10, 2, 5, true);
  plan.sets[4] = {"top1", {0}};
  CHECK(samples(plan, 0, 12) == samples(plan, 4, 12));
  CHECK(samples(plan, 5, 12) == samples(plan, 9, 12));
}

TEST_CASE("what a run sees depends neither on other runs nor on where it begins") {
  const auto with = TrialPlan::make(3, 10, 2, 5, true),
             without = TrialPlan::make(3, 10, 2, 5, false);
  CHECK(samples(with, 2, 9) == samples(without, 2, 9));
  CHECK(samples(with, 7, 9) == samples(without, 5, 9));  // pool2 of the second replicate
  CHECK(samples(with, 2, 9) != samples(with, 7, 9));
  Feed feed(with, 3, 3);
  std::vector<int64_t> late(5);
  feed.batch(8, late.data());
  const auto all = samples(with, 3, 9);
  CHECK(late == std::vector(all.end() - 5, all.end()));
}
