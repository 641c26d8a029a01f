// Both stages and the score on a small image set, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

const Run& small_split() {
  static const ImageFolder folder(240);
  static const Run run = host().run("split", {{"noise_a", 0.1}}, {{"images", {folder.path()}}});
  return run;
}

Params small(const char* model = "cnn_small") {
  return {{"model", std::string(model)}, {"width", 0.25},
          {"epochs_a", int64_t{6}},      {"lr_a", 0.05},
          {"patience_a", int64_t{0}},    {"batch", int64_t{16}}};
}

Run learn(const Params& params, const Options& options = {}) {
  return host().run("learn", params, {{"split", {small_split()}}}, options);
}

Run forget(const Run& learned, const Params& params, const Options& options = {}) {
  return host().run("forget", params, {{"split", {small_split()}}, {"model", {{learned, "model"}}}},
                    options);
}

Run score(const Run& learned, const Run& forgotten) {
  return host().run("score", {},
                    {{"split", {small_split()}}, {"learn", {learned}}, {"forget", {forgotten}}});
}

}  // namespace

TEST_CASE("a stage that is stopped and resumed writes the bits of one left alone") {
  for (const char* model : {"cnn_small", "resnet9"}) {
    const auto whole = learn(small(model), {.seed = 3});
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    for (const int64_t poll : {0, 1, 7, 8, 25, 47}) {
      CAPTURE(std::string(model) + " stopped at poll " + std::to_string(poll));
      const auto stopped = learn(small(model), {.seed = 3, .stop_at_poll = poll});
      CHECK(stopped.status == ASSAY_CANCELLED);
      const auto resumed = learn(small(model), {.seed = 3, .resumes = &stopped});
      CHECK(resumed.ok());
      CHECK(resumed.polls == whole.polls - poll);
      CHECK(resumed.out == whole.out);
    }
  }
}

TEST_CASE("the second stage resumes to the same bits, too") {
  const auto learned = learn(small());
  const Params params{
      {"epochs_b", int64_t{3}}, {"batch", int64_t{16}}, {"eval_every_steps", int64_t{3}}};
  const auto whole = forget(learned, params);
  for (const int64_t poll : {5, 6, 17}) {
    const auto stopped = forget(learned, params, {.stop_at_poll = poll});
    CHECK(forget(learned, params, {.resumes = &stopped}).out == whole.out);
  }
}

TEST_CASE("a run that had finished when it was killed does nothing more") {
  auto whole = learn(small());
  const auto again = learn(small(), {.resumes = &whole});
  CHECK(again.polls == 0);
  CHECK(again.out == whole.out);
}

TEST_CASE("another seed gives another network, the same seed the same one") {
  const auto first = learn(small(), {.seed = 1});
  CHECK(first.out == learn(small(), {.seed = 1}).out);
  CHECK_FALSE(first.out.checkpoints == learn(small(), {.seed = 2}).out.checkpoints);
}

TEST_CASE("correctness has one bit an example and one row an evaluation") {
  auto params = small();
  params["eval_every_steps"] = int64_t{5};
  const auto run = learn(params);
  // 120 examples in 8 steps an epoch, 48 in all: after 5, 10, ..., 45, and at the end
  CHECK(run.out.arrays.at("correct").shape == std::vector<int64_t>{10, 15});
  CHECK(run.out.arrays.at("steps").as<int64_t>() ==
        std::vector<int64_t>{5, 10, 15, 20, 25, 30, 35, 40, 45, 48});
  CHECK(run.out.arrays.at("correct_training").shape == std::vector<int64_t>{6, 15});
  CHECK(run.out.metric("evaluations") == 10);
  CHECK(run.out.metrics.at("accuracy").size() == 10);
  CHECK(run.out.metrics.at("loss").size() == 6);
}

TEST_CASE("the accuracies logged are those of the bits") {
  const auto run = learn(small());
  const auto bits = run.out.arrays.at("correct").as<uint8_t>();
  const auto noisy = small_split().out.column("examples", "noisy").bytes;
  for (size_t t = 0; t < 6; ++t) {
    double right = 0, wrong_labels_right = 0;
    for (size_t i = 0; i < 120; ++i) {
      const bool bit = bits[t * 15 + i / 8] >> (7 - i % 8) & 1;
      right += bit;
      wrong_labels_right += bit && noisy[i];
    }
    CHECK(run.out.metrics.at("accuracy")[t].second == doctest::Approx(right / 120));
    CHECK(run.out.metrics.at("accuracy_noisy")[t].second ==
          doctest::Approx(wrong_labels_right / 12));
  }
}

TEST_CASE("patience ends the first stage after so many epochs without an error") {
  auto params = small();
  params["epochs_a"] = int64_t{200};
  params["patience_a"] = int64_t{3};
  const auto run = learn(params);
  const auto& accuracy = run.out.metrics.at("training_accuracy");
  CHECK(accuracy.size() < 200);
  CHECK(std::count_if(accuracy.begin(), accuracy.end(),
                      [](const auto& row) { return row.second == 1; }) == 3);
  CHECK(accuracy.back().second == 1);
}

TEST_CASE("a loss that is not finite ends the run as diverged, and says where") {
  auto params = small();
  params["lr_a"] = 1e6;
  const auto run = learn(params);
  CHECK(run.status == ASSAY_DIVERGED);
  CHECK(run.message.starts_with("the training loss is not finite at step "));
  CHECK(run.message.ends_with("of stage a"));
}

TEST_CASE("a first stage that has not learned its examples is warned about") {
  auto params = small();
  params["epochs_a"] = int64_t{1};
  params["lr_a"] = 1e-4;
  bool warned = false;
  for (const auto& line : learn(params).log) warned |= line.find("below 0.98") != std::string::npos;
  CHECK(warned);
}

TEST_CASE("wrong labels are forgotten first, and the scores say so") {
  auto params = small();
  params["epochs_a"] = int64_t{60};
  params["width"] = 1.0;
  const auto learned = learn(params);
  CHECK(learned.out.metric("accuracy_noisy") >= 0.9);
  const auto forgotten =
      forget(learned, {{"epochs_b", int64_t{5}}, {"batch", int64_t{16}}, {"lr_b", 0.05}});
  const auto run = score(learned, forgotten);
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("auc/ssft") >= 0.9);
  CHECK(run.out.metric("auc/joint") >= 0.9);
  CHECK(run.out.metric("median_noisy/ssft") < run.out.metric("median_clean/ssft"));
  const auto histogram = run.out.arrays.at("histogram").as<int64_t>();
  CHECK(run.out.arrays.at("histogram").shape == std::vector<int64_t>{61, 6});
  CHECK(std::accumulate(histogram.begin(), histogram.end(), int64_t{0}) == 120);
  CHECK(run.out.arrays.at("suspect_images").shape == std::vector<int64_t>{60, 12, 12});

  // the pictures shown are those of the examples named
  const auto shown = run.out.column("suspects", "index").as<int64_t>();
  const auto index = small_split().out.column("examples", "index").as<int64_t>();
  const auto place =
      static_cast<size_t>(std::find(index.begin(), index.end(), shown[7]) - index.begin());
  const auto& all = small_split().out.arrays.at("images_a").bytes;
  const auto& pictures = run.out.arrays.at("suspect_images").bytes;
  CHECK(std::equal(all.begin() + static_cast<int64_t>(place) * 144,
                   all.begin() + static_cast<int64_t>(place + 1) * 144,
                   pictures.begin() + 7 * 144));
}

TEST_CASE("without a wrong label the AUC is NaN, and the log has the reason") {
  const ImageFolder folder(80);
  const auto split = host().run("split", {}, {{"images", {folder.path()}}});
  const Inputs data{{"split", {split}}};
  const auto learned = host().run("learn", small(), data);
  const auto forgotten = host().run("forget", {{"epochs_b", int64_t{2}}},
                                    {{"split", {split}}, {"model", {{learned, "model"}}}});
  const auto run =
      host().run("score", {}, {{"split", {split}}, {"learn", {learned}}, {"forget", {forgotten}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(std::isnan(run.out.metric("auc/ssft")));
  REQUIRE(run.log.size() == 1);
  CHECK(run.log[0] == "no label is known to be wrong: the AUC and its kin are NaN");
}

TEST_CASE("runs of different splits do not fit together, and the message says so") {
  const ImageFolder folder(60);
  const auto other = host().run("split", {}, {{"images", {folder.path()}}});
  const auto learned = learn(small());
  const auto forgotten = forget(learned, {{"epochs_b", int64_t{1}}});
  const auto run =
      host().run("score", {}, {{"split", {other}}, {"learn", {learned}}, {"forget", {forgotten}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message == "\"arrays/correct\" does not belong to a split of 30 examples");
}
