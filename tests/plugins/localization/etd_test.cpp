// Training and evaluating with example-tied dropout, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_LOCALIZATION);
  return h;
}

const Run& small_data() {
  static const ImageFolder folder(160);
  static const Run run = host().run("data", {{"noise", 0.1}}, {{"images", {folder.path()}}});
  return run;
}

Params small(const std::string& regulariser = "etd", const std::string& model = "mlp2") {
  return {{"regulariser", regulariser}, {"model", model}, {"width", 0.25}, {"epochs", int64_t{4}},
          {"batch", int64_t{16}},       {"lr", 0.1},      {"p_gen", 0.25}, {"p_mem", 0.2}};
}

Run train(const Params& params, const Options& options = {}) {
  return host().run("etd_train", params, {{"data", {small_data()}}}, options);
}

Run evaluate(const Run& trained, const Params& params = {}) {
  return host().run("etd_eval", params,
                    {{"data", {small_data()}}, {"model", {{trained, "model"}}}});
}

}  // namespace

TEST_CASE(
    "training with tied masks or dropout, stopped and resumed, writes the bits of one left alone") {
  for (const char* regulariser : {"etd", "dropout"})
    for (const char* model : {"mlp2", "resnet9"}) {
      const auto whole = train(small(regulariser, model), {.seed = 2});
      REQUIRE_MESSAGE(whole.ok(), whole.message);
      CHECK(train(small(regulariser, model), {.seed = 2}).out == whole.out);
      for (const int64_t poll : {0, 10, 27}) {
        CAPTURE(std::string(regulariser) + " " + model + " at poll " + std::to_string(poll));
        const auto stopped = train(small(regulariser, model), {.seed = 2, .stop_at_poll = poll});
        CHECK(stopped.status == ASSAY_CANCELLED);
        const auto resumed = train(small(regulariser, model), {.seed = 2, .resumes = &stopped});
        CHECK(resumed.ok());
        CHECK(resumed.out == whole.out);
      }
    }
}

TEST_CASE("the deployed network equals the masked one, and is smaller") {
  for (const char* model : {"mlp2", "resnet9", "resnet18"}) {
    const auto run = evaluate(train(small("etd", model)));
    REQUIRE_MESSAGE(run.ok(), run.message);
    CHECK(run.out.metric("deployed_difference") < 1e-4);
    CHECK(run.out.metric("deployed_parameters") < 0.9);
    CHECK(run.out.metric("deployed/clean") == run.out.metric("clean/drop"));
    CHECK(run.out.metric("trained/memorised") == run.out.metric("memorised/tied"));
    CHECK(run.out.metric("gap/drop") ==
          doctest::Approx(run.out.metric("clean/drop") - run.out.metric("test/drop")));
  }
}

TEST_CASE("without memorisation channels all modes agree, and a baseline has one") {
  auto params = small();
  params["p_gen"] = 1.0;
  const auto run = evaluate(train(params));
  for (const char* mode : {"tied", "test", "drop", "drop_scaled", "wrong_id"})
    CHECK(run.out.metric(std::string("clean/") + mode) == run.out.metric("clean/tied"));
  for (const char* baseline : {"none", "dropout", "sparse"}) {
    const auto plain = evaluate(train(small(baseline)));
    REQUIRE_MESSAGE(plain.ok(), plain.message);
    CHECK(plain.out.metrics.count("clean/drop") == 0);
    CHECK(plain.out.metric("deployed/clean") == plain.out.metric("trained/clean"));
  }
}

TEST_CASE("a parameter grid of p_mem = 0 leaves tied and drop the same network") {
  auto params = small();
  params["p_mem"] = 0.0;
  const auto run = evaluate(train(params));
  CHECK(run.out.metric("clean/tied") == run.out.metric("clean/drop"));
  CHECK(run.out.metric("memorised/wrong_id") == run.out.metric("memorised/tied"));
}

TEST_CASE("bad input to training is refused with a sentence") {
  const auto why = [](const Params& params) { return train(params).message; };
  auto params = small();
  params["etd_layers"] = std::vector<std::string>{"fc1", "conv9"};
  CHECK(why(params) == "etd_layers: mlp2 has no segment \"conv9\"; it has fc1, fc2, fc3");
  CHECK(why(small("etd", "vit")) ==
        "the paper places no example-tied dropout in vit: name segments of the network in "
        "etd_layers");
  params = small();
  params["lr"] = 1e30;
  const auto diverged = train(params);
  CHECK(diverged.status == ASSAY_DIVERGED);
  CHECK(diverged.message.find("the training loss is not finite at step") == 0);
  params = small();
  params["p_gen"] = 0.005;
  const auto warned = train(params);
  CHECK(warned.ok());
  CHECK(warned.log.at(0) == "p_gen leaves fc1 no generalisation channel of 128");
}

TEST_CASE("an example is known by its own channels, and not by another one's") {
  auto params = small();
  params["width"] = 1.0;
  params["epochs"] = int64_t{30};
  const auto run = evaluate(train(params));
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("memorised/tied") >= 0.9);
  CHECK(run.out.metric("memorised/wrong_id") <= 0.5);
  CHECK(run.out.metric("memorised/drop") <= 0.5);
}

TEST_CASE("recalibrating batch norm changes the dropped modes alone") {
  const auto trained = train(small("etd", "resnet9"));
  const auto plain = evaluate(trained), again = evaluate(trained, {{"bn_recalibrate", true}});
  for (const char* mode : {"tied", "test", "wrong_id"})
    for (const char* metric : {"clean/", "memorised/"})
      CHECK(again.out.metric(std::string(metric) + mode) ==
            plain.out.metric(std::string(metric) + mode));
  CHECK(again.out.checkpoints.at("deployed") != plain.out.checkpoints.at("deployed"));
}
