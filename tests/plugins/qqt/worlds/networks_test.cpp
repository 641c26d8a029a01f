// The worlds of measure that train networks, tiny, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace fake;

namespace {

using Reals = std::vector<double>;

const Host& host() {
  static const Host h(ASSAY_QQT);
  return h;
}

Run measure(const Params& params, const ImageFolder& images, const Options& options = {}) {
  return host().run("measure", params, {{"images", {images.path()}}}, options);
}

/// Two pools of 30 images, two replicates; 8 inputs would do, the folder has 12 by 12.
Params fmnist() {
  return {{"world", std::string("fmnist")},
          {"pool_size", int64_t{30}},
          {"quality", Reals{0, 0.9}},
          {"hidden", int64_t{8}},
          {"replicates", int64_t{2}},
          {"batch", int64_t{10}},
          {"rate", 0.05},
          {"average", 0.3},
          {"eval_at", Reals{1, 4, 8}}};
}

/// Two pools of 20 pairs, cut by a scorer that takes three steps.
Params caption() {
  return {{"world", std::string("caption")},
          {"pool_size", int64_t{20}},
          {"pools", int64_t{2}},
          {"replicates", int64_t{2}},
          {"batch", int64_t{8}},
          {"width", 0.1},
          {"scorer_pairs", int64_t{30}},
          {"scorer_samples", int64_t{3 * 128}},
          {"tests", int64_t{20}},
          {"eval_at", Reals{0.4, 0.8}}};
}

const ImageFolder& small_images() {
  static const ImageFolder folder(200);
  return folder;
}
const ImageFolder& caption_images() {
  static const ImageFolder folder(120, 28, 10);
  return folder;
}

void check_resumes(const Params& params, const ImageFolder& images,
                   std::initializer_list<int64_t> polls) {
  const Run whole = measure(params, images);
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  for (const int64_t poll : polls) {
    CAPTURE(poll);
    const Run stopped = measure(params, images, {.stop_at_poll = poll});
    REQUIRE(stopped.status == ASSAY_CANCELLED);
    const Run resumed = measure(params, images, {.resumes = &stopped});
    REQUIRE_MESSAGE(resumed.ok(), resumed.message);
    CHECK(resumed.out == whole.out);
  }
}

}  // namespace

TEST_CASE("perceptrons learn from right labels, and less from wrong ones") {
  const Run run = measure(fmnist(), small_images());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("error/pool0") < 0.3);
  CHECK(run.out.metric("error/pool1") > run.out.metric("error/pool0"));
}

TEST_CASE("fmnist goes on after a stop to the same bits") {
  check_resumes(fmnist(), small_images(), {0, 4, 20});
}

TEST_CASE("fmnist without images, or with too few, is refused in a sentence") {
  const Run none = host().run("measure", fmnist(), {});
  CHECK(none.status == ASSAY_INVALID_ARGUMENT);
  CHECK(none.message ==
        "world = \"fmnist\" needs the input images, for instance dataset:fashion-mnist");
  Params many = fmnist();
  many["pool_size"] = int64_t{101};
  const Run few = measure(many, small_images());
  CHECK(few.status == ASSAY_INVALID_ARGUMENT);
  CHECK(few.message.starts_with("2 pools of 101 images are more than the 200 of "));
}

TEST_CASE("caption cuts all pairs of a replicate in pools by falling score") {
  const Run run = measure(caption(), caption_images());
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto& pools = run.out.tables.at("pools");
  const auto pairs = pools.at("pairs").as<int64_t>();
  const auto score = pools.at("mean_score").as<double>();
  REQUIRE(pairs.size() == 2 * 2 * 5);
  for (size_t replicate = 0; replicate < 2; ++replicate) {
    CAPTURE(replicate);
    double best_of_worse = -2, worst_of_better = 2;
    for (size_t pool = 0; pool < 2; ++pool) {
      const size_t first = (replicate * 2 + pool) * 5;
      CHECK(std::accumulate(pairs.begin() + static_cast<int64_t>(first),
                            pairs.begin() + static_cast<int64_t>(first) + 5, int64_t{0}) == 20);
      for (size_t type = first; type < first + 5; ++type) {
        if (!pairs[type]) continue;
        if (pool == 0) worst_of_better = std::min(worst_of_better, score[type]);
        if (pool == 1) best_of_worse = std::max(best_of_worse, score[type]);
      }
    }
    CHECK(best_of_worse <= worst_of_better);
  }
}

TEST_CASE("caption goes on after a stop to the same bits, in the scorer's training and after") {
  check_resumes(caption(), caption_images(), {0, 2, 3, 4});
}
