// The methods `train`, `rewind` and `retrain` on a small image set, in a host in memory.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_LOCALIZATION);
  return h;
}

const Run& small_data() {
  static const ImageFolder folder(120);
  static const Run run = host().run("data", {{"noise", 0.1}}, {{"images", {folder.path()}}});
  return run;
}

Params small(const char* model = "cnn_small") {
  return {{"model", std::string(model)}, {"width", 0.25},
          {"epochs", int64_t{4}},        {"lr", 0.05},
          {"batch", int64_t{16}},        {"schedule", std::string("triangle")}};
}

Run train(const Params& params, const Options& options = {}) {
  return host().run("train", params, {{"data", {small_data()}}}, options);
}

Run after(const char* method, const Run& trained, const Params& params,
          const Options& options = {}) {
  return host().run(
      method, params,
      {{"data", {small_data()}}, {"train", {trained}}, {"model", {{trained, "model"}}}}, options);
}

using Epochs = std::vector<int64_t>;

}  // namespace

TEST_CASE("training that is stopped and resumed writes the bits of one left alone") {
  for (const char* model : {"cnn_small", "resnet9"}) {
    const auto whole = train(small(model), {.seed = 3});
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    CHECK(whole.out == train(small(model), {.seed = 3}).out);
    for (const int64_t poll : {0, 1, 7, 8, 9, 31}) {
      CAPTURE(std::string(model) + " stopped at poll " + std::to_string(poll));
      const auto stopped = train(small(model), {.seed = 3, .stop_at_poll = poll});
      CHECK(stopped.status == ASSAY_CANCELLED);
      CHECK(train(small(model), {.seed = 3, .resumes = &stopped}).out == whole.out);
    }
    const auto again = train(small(model), {.seed = 3, .resumes = &whole});
    CHECK(again.polls == 0);
    CHECK(again.out == whole.out);
  }
}
