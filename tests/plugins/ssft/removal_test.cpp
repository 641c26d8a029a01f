// Retraining without the worst examples, on a small image set in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

const ImageFolder& folder() {
  static const ImageFolder f(240);
  return f;
}

const Run& small_split() {
  static const Run run = host().run("split", {{"noise_a", 0.1}}, {{"images", {folder().path()}}});
  return run;
}

const Params& recipe() {
  static const Params p{{"model", std::string("cnn_small")},
                        {"width", 0.25},
                        {"epochs_a", int64_t{6}},
                        {"lr_a", 0.05},
                        {"patience_a", int64_t{0}},
                        {"batch", int64_t{16}}};
  return p;
}

const Run& small_scores() {
  static const Run learned = host().run("learn", recipe(), {{"split", {small_split()}}}),
                   forgotten =
                       host().run("forget", {{"epochs_b", int64_t{3}}},
                                  {{"split", {small_split()}}, {"model", {{learned, "model"}}}}),
                   scored = host().run(
                       "score", {},
                       {{"split", {small_split()}}, {"learn", {learned}}, {"forget", {forgotten}}});
  return scored;
}

Run removal(const std::string& metric, int64_t k, const Options& options = {}) {
  auto params = recipe();
  params["metric"] = metric;
  params["k"] = k;
  params["part"] = std::string("train");
  return host().run(
      "removal", params,
      {{"split", {small_split()}}, {"scores", {small_scores()}}, {"images", {folder().path()}}},
      options);
}

}  // namespace

TEST_CASE("what is dropped is the worst by the score, and its wrong labels are counted") {
  const auto run = removal("joint", 12);
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto joint = small_scores().out.column("scores", "joint").as<double>();
  const auto index = small_scores().out.column("scores", "index").as<int64_t>();
  const auto noisy = small_scores().out.column("scores", "noisy").bytes;
  const auto dropped = run.out.column("dropped", "index").as<int64_t>();
  REQUIRE(dropped.size() == 12);
  auto sorted = joint;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  double wrong = 0;
  for (const int64_t i : dropped) {
    const auto at = static_cast<size_t>(std::find(index.begin(), index.end(), i) - index.begin());
    CHECK(joint[at] >= sorted[11]);
    wrong += noisy[at];
  }
  CHECK(run.out.metric("recall") == doctest::Approx(wrong / 12));
  CHECK(run.out.metric("precision") == doctest::Approx(wrong / 12));
  CHECK(run.out.metric("wrong_labels_left") == doctest::Approx(12 - wrong));
}

TEST_CASE("k = 0 trains on all of A, as stage 1 does with the same seed") {
  const auto run = removal("random", 0, {.seed = 4});
  const auto learned = host().run("learn", recipe(), {{"split", {small_split()}}}, {.seed = 4});
  CHECK(run.out.metrics.at("loss") == learned.out.metrics.at("loss"));
  CHECK(run.out.metric("recall") == 0);
  CHECK(std::isnan(run.out.metric("precision")));
  CHECK(run.out.metric("accuracy") > 0.5);
}

TEST_CASE("a retraining that is stopped and resumed ends as one left alone") {
  const auto whole = removal("ssft", 10, {.seed = 3});
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  for (const int64_t poll : {0, 1, 6, 7, 20}) {
    CAPTURE(poll);
    const auto stopped = removal("ssft", 10, {.seed = 3, .stop_at_poll = poll});
    CHECK(stopped.status == ASSAY_CANCELLED);
    CHECK(removal("ssft", 10, {.seed = 3, .resumes = &stopped}).out == whole.out);
  }
  const auto again = removal("ssft", 10, {.seed = 3, .resumes = &whole});
  CHECK(again.polls == 0);
  CHECK(again.out == whole.out);
}

TEST_CASE("other seeds break ties otherwise") {
  CHECK_FALSE(removal("random", 20, {.seed = 1}).out.column("dropped", "index") ==
              removal("random", 20, {.seed = 2}).out.column("dropped", "index"));
}

TEST_CASE("a k that leaves too little, other scores and other classes are refused") {
  CHECK(removal("joint", 119).message ==
        "k is 119, but A has 120 examples, of which at least 2 must stay");
  const auto other =
      host().run("split", {{"split_seed", int64_t{1}}}, {{"images", {folder().path()}}});
  auto params = recipe();
  params["part"] = std::string("train");
  const auto run =
      host().run("removal", params,
                 {{"split", {other}}, {"scores", {small_scores()}}, {"images", {folder().path()}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message == "the scores are of other examples than the split's A");
  const ImageFolder six(60, 12, 6);
  const auto more = host().run(
      "removal", params,
      {{"split", {small_split()}}, {"scores", {small_scores()}}, {"images", {six.path()}}});
  CHECK(more.status == ASSAY_INVALID_ARGUMENT);
  CHECK(more.message.ends_with(" has 6 classes, but the split has 4 labels"));
}
