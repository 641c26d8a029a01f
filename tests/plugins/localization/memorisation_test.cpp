// The method `memorisation` on a small set, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_LOCALIZATION);
  return h;
}

const ImageFolder& images() {
  static const ImageFolder folder(120);
  return folder;
}

const Run& small_data() {
  static const Run run = host().run("data", {{"noise", 0.1}}, {{"images", {images().path()}}});
  return run;
}

Params small(const Params& more = {}) {
  Params all{{"mem_models", int64_t{12}}, {"model", std::string("mlp")}, {"width", 0.5},
             {"epochs", int64_t{25}},     {"batch", int64_t{16}},        {"lr", 0.1}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

Run memorisation(const Params& params = small(), const Options& options = {}) {
  return host().run("memorisation", params, {{"data", {small_data()}}}, options);
}

std::vector<double> reals(const Run& run, const char* name) {
  return run.out.column("scores", name).as<double>();
}
std::vector<int64_t> counts(const Run& run, const char* name) {
  return run.out.column("scores", name).as<int64_t>();
}

}  // namespace

TEST_CASE("mislabelled examples have the greater scores") {
  const auto run = memorisation();
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("auc") > 0.9);
  CHECK(run.out.metric("mean/mislabelled") > run.out.metric("mean/clean") + 0.3);
  CHECK(run.out.metrics.at("accuracy_test").size() == 12);
}

TEST_CASE("each example is in and out of as many subsets as there are models, in all") {
  const auto run = memorisation();
  const auto in = counts(run, "n_in"), out = counts(run, "n_out");
  const auto score = reals(run, "score"), p = reals(run, "p_in"), q = reals(run, "p_out");
  int64_t members = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    CHECK(in[i] + out[i] == 12);
    members += in[i];
    if (in[i] && out[i]) CHECK(score[i] == doctest::Approx(p[i] - q[i]));
    CHECK(std::isnan(score[i]) == (in[i] == 0 || out[i] == 0));
  }
  CHECK(members == 12 * 84);  // floor(.7 * 120)
}

TEST_CASE("a run repeated, or stopped and resumed, writes the same bits") {
  for (const char* model : {"mlp", "resnet9"}) {
    const auto params = small({{"model", std::string(model)},
                               {"width", 0.125},
                               {"mem_models", int64_t{3}},
                               {"epochs", int64_t{2}}});
    const auto whole = memorisation(params);
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    CHECK(memorisation(params).out == whole.out);
    for (const int64_t poll : {0, 5, 20, 35}) {
      CAPTURE(std::string(model) + " stopped at poll " + std::to_string(poll));
      const auto stopped = memorisation(params, {.stop_at_poll = poll});
      CHECK(stopped.status == ASSAY_CANCELLED);
      CHECK(memorisation(params, {.resumes = &stopped}).out == whole.out);
    }
  }
}

TEST_CASE("pairs hold memorised examples, the strongest first, and an image of each side") {
  const auto run = memorisation(small({{"pairs", int64_t{7}}}));
  const auto influence = run.out.column("pairs", "influence").as<double>();
  CHECK(influence.size() == 7);
  CHECK(std::is_sorted(influence.rbegin(), influence.rend()));
  for (const double score : run.out.column("pairs", "score").as<double>()) CHECK(score > 0.25);
  CHECK(run.out.arrays.at("pair_images").shape == std::vector<int64_t>{14, 12, 12});
  CHECK(run.out.column("captions", "part").strings[1] == "test");
}

TEST_CASE("a fraction that leaves no one in the subsets is refused") {
  const auto run = memorisation(small({{"mem_fraction", 0.001}}));
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message == "mem_fraction 0.001000 of 120 examples leaves no one in the subsets");
}

TEST_CASE("the scores say which examples of the same data are memorised") {
  const auto scored = memorisation();
  const auto run = host().run(
      "data", {{"noise", 0.1}, {"memorised_by", std::string("feldman")}, {"mem_threshold", 0.5}},
      {{"images", {images().path()}}, {"memorisation", {scored}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto score = reals(scored, "score");
  const auto flags = run.out.column("examples", "memorised").bytes;
  REQUIRE(flags.size() == score.size());
  for (size_t i = 0; i < flags.size(); ++i) CHECK(static_cast<bool>(flags[i]) == (score[i] > 0.5));
}

TEST_CASE("scores of other examples, or none at all, are refused") {
  const Params by_feldman{{"noise", 0.1}, {"memorised_by", std::string("feldman")}};
  CHECK(host().run("data", by_feldman, {{"images", {images().path()}}}).message ==
        "memorised_by = \"feldman\" needs the input `memorisation`");
  auto other = memorisation();
  auto& index = other.out.tables["scores"]["index"].bytes;
  index[8] = 200;  // the second example's number
  CHECK(host()
            .run("data", by_feldman, {{"images", {images().path()}}, {"memorisation", {other}}})
            .message == "the memorisation scores lack example 1 of the source");
}
