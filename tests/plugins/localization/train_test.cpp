// The method `train` in a host in memory.
#include "tests/plugins/localization/small_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fake;
using small::train;

TEST_CASE("training that is stopped and resumed writes the bits of one left alone") {
  for (const char* model : {"cnn_small", "resnet9"}) {
    const auto params = small::params(model);
    const auto whole = train(params, {.seed = 3});
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    CHECK(whole.out == train(params, {.seed = 3}).out);
    for (const int64_t poll : {0, 1, 7, 8, 9, 31}) {
      CAPTURE(std::string(model) + " stopped at poll " + std::to_string(poll));
      const auto stopped = train(params, {.seed = 3, .stop_at_poll = poll});
      CHECK(stopped.status == ASSAY_CANCELLED);
      CHECK(train(params, {.seed = 3, .resumes = &stopped}).out == whole.out);
    }
    const auto again = train(params, {.seed = 3, .resumes = &whole});
    CHECK(again.polls == 0);
    CHECK(again.out == whole.out);
  }
}

TEST_CASE("training without accounting resumes to the same bits, too, and learns the same") {
  auto params = small::params("mlp");
  const auto accounted = train(params);
  params["track_gradients"] = false;
  const auto whole = train(params), stopped = train(params, {.stop_at_poll = 13});
  CHECK(train(params, {.resumes = &stopped}).out == whole.out);
  CHECK(whole.out.metric("loss") == doctest::Approx(accounted.out.metric("loss")).epsilon(1e-3));
  CHECK(whole.out.tables.count("gradients") == 0);
}

TEST_CASE("weights are kept before the first epoch, every so many, and after the last") {
  auto params = small::params("cnn_small", 5);
  params["checkpoint_every"] = int64_t{2};
  const auto run = train(params);
  const auto& weights = run.out.arrays.at("weights");
  CHECK(run.out.arrays.at("weights/step").as<int64_t>() == small::Epochs{0, 2, 4, 5});
  const auto size = run.out.column("layout", "size").as<int64_t>(),
             offset = run.out.column("layout", "offset").as<int64_t>();
  const auto& names = run.out.column("layout", "name").strings;
  CHECK(weights.shape == small::Epochs{4, offset.back() + size.back()});

  // the last row holds what the checkpoint of the network does
  const auto values = weights.as<float>();
  const auto last = values.end() - weights.shape[1];
  for (size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    const auto tensor = run.out.checkpoints.at("model").at(names[i]).as<float>();
    CHECK(std::equal(tensor.begin(), tensor.end(), last + offset[i]));
    CHECK(static_cast<int64_t>(tensor.size()) == size[i]);
  }
}

TEST_CASE("the account has a row for each epoch and layer, and its means say what the rows do") {
  const auto run = train(small::params("cnn_small", 7));
  const auto ratio = run.out.column("gradients", "ratio").as<double>(),
             cosine = run.out.column("gradients", "cosine").as<double>();
  CHECK(ratio.size() == 7 * 4);
  CHECK(run.out.column("gradients", "group").strings[1] == "conv2");
  CHECK(run.out.column("gradients", "window").as<int64_t>()[4 * 4] == 5);
  CHECK(run.out.column("gradients", "window").as<int64_t>()[5 * 4] == 10);
  double ratios = 0, highest = -1;
  for (size_t e = 0; e < 7; ++e) ratios += ratio[e * 4 + 1] / 7;
  CHECK(run.out.metric("ratio/conv2") == doctest::Approx(ratios));
  for (size_t g = 0; g < 4; ++g) {
    double mean = 0;
    for (size_t e = 0; e < 7; ++e) mean += cosine[e * 4 + g] / 7;
    highest = std::max(highest, mean);
  }
  CHECK(run.out.metric("cosine_highest") == doctest::Approx(highest));
  for (const double c : cosine) CHECK(std::abs(c) <= 1);
}

TEST_CASE("memorisation sets in with the epoch from which on more than a twentieth is right") {
  const auto run = train(small::params("cnn_small", 60));
  const auto& memorised = run.out.metrics.at("memorised");
  REQUIRE(memorised.back().second > 0.1);
  const auto onset = static_cast<size_t>(run.out.metric("onset"));
  for (size_t e = onset; e <= 60; ++e) CHECK(memorised[e - 1].second > 0.05);
  if (onset > 1) CHECK(memorised[onset - 2].second <= 0.05);
  CHECK(run.out.metric("onset_cosine_highest") < 0);
}

TEST_CASE("the networks of the paper's scale are accounted for, rewound and retrained") {
  for (const char* model : {"resnet18", "vit"}) {
    CAPTURE(model);
    auto params = small::params(model, 2);
    params["schedule"] = std::string("cosine_warmup");
    const auto trained = train(params);
    REQUIRE_MESSAGE(trained.ok(), trained.message);
    const auto groups = static_cast<size_t>(model == std::string("vit") ? 8 : 6);
    CHECK(trained.out.column("gradients", "group").strings.size() == 2 * groups);
    const auto rewound = small::after("rewind", trained, {{"rewind_epochs", small::Epochs{0, 1}}});
    REQUIRE_MESSAGE(rewound.ok(), rewound.message);
    CHECK(rewound.out.column("rewind", "group").strings.size() == 2 * groups);
    const auto again = small::after("retrain", trained, {{"retrain_epochs", int64_t{1}}});
    REQUIRE_MESSAGE(again.ok(), again.message);
    CHECK(again.out.column("curve", "group").strings.size() == 2 * 4 * groups);
  }
}

TEST_CASE("a loss that is not finite ends the run as diverged and keeps what it wrote") {
  auto params = small::params("cnn_small");
  params["lr"] = 1e8;
  const auto run = train(params);
  CHECK(run.status == ASSAY_DIVERGED);
  CHECK(run.message.starts_with("the training loss is not finite at step "));
  CHECK(run.out.arrays.at("weights/step").as<int64_t>().front() == 0);
}

TEST_CASE("groups that are no partition are refused before anything is trained") {
  auto params = small::params("cnn_small");
  params["groups"] = std::vector<std::string>{"conv.*=convolutions"};
  const auto run = train(params);
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(
      run.message ==
      "the parameter \"fc1.weight\" is in no group: groups must put each parameter in exactly one");
  CHECK(run.polls == 0);
}
