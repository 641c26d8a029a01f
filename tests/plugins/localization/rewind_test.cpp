// The methods `rewind` and `retrain` against networks that are put together from the weights kept.
#include "plugins/common/nn/classifier.hpp"
#include "tests/plugins/localization/small_runs.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

using namespace fake;
using small::after, small::train, small::Epochs;

namespace {

const Run& trained() {
  static const Run run = train(small::params("resnet9", 6));
  return run;
}

at::Tensor tensor(const Item& item, at::ScalarType type) {
  return at::from_blob(const_cast<uint8_t*>(item.bytes.data()), item.shape, type).clone();
}

/// The network whose tensors are those of `epoch` where `rewound(name, is_buffer)`, else the last.
template <class Rewound>
std::shared_ptr<assay::nn::Classifier> assembled(const Run& run, int64_t epoch, Rewound rewound) {
  const auto net = assay::nn::make_classifier({"resnet9", 0.125, {1, 12, 12}, 4, {-1, 1}, 1, {}});
  const auto weights = tensor(run.out.arrays.at("weights"), at::kFloat);
  const auto steps = run.out.arrays.at("weights/step").as<int64_t>();
  const auto at = std::find(steps.begin(), steps.end(), epoch) - steps.begin();
  const auto& names = run.out.column("layout", "name").strings;
  const auto offset = run.out.column("layout", "offset").as<int64_t>();
  const auto& buffer = run.out.column("layout", "buffer").bytes;
  const at::NoGradGuard no_grad;
  for (const auto& [name, into] : assay::nn::weights(*net)) {
    const auto i = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    into.copy_(weights[rewound(name, buffer[i] != 0) ? at : weights.size(0) - 1]
                   .narrow(0, offset[i], into.numel())
                   .view(into.sizes()));
  }
  net->eval();
  return net;
}

/// Accuracies on the memorised and on the clean training examples, by one pass over them.
struct Naive {
  double clean, memorised;
};
Naive evaluate(assay::nn::Classifier& net) {
  const auto& out = small::data().out;
  const at::NoGradGuard no_grad;
  const auto images = tensor(out.arrays.at("images"), at::kByte).to(at::kFloat) / 127.5 - 1;
  const auto right = net.forward(images.unsqueeze(1))
                         .argmax(1)
                         .eq(tensor(out.column("examples", "label"), at::kLong));
  const auto memorised = tensor(out.column("examples", "memorised"), at::kBool);
  const auto share = [&](const at::Tensor& who) {
    return right.masked_select(who).to(at::kDouble).mean().item<double>();
  };
  return {share(memorised.logical_not()), share(memorised)};
}

bool begins_with(const std::string& name, const std::string& group) {
  return name.starts_with(group + ".");
}

}  // namespace

TEST_CASE("a rewound network is the one put together from the weights of both epochs") {
  for (const bool buffers : {false, true}) {
    const Epochs epochs{0, 2, 5};
    const auto run =
        after("rewind", trained(), {{"rewind_epochs", epochs}, {"rewind_buffers", buffers}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    const auto& groups = run.out.column("rewind", "group").strings;
    const auto clean = run.out.column("rewind", "clean").as<double>(),
               memorised = run.out.column("rewind", "memorised").as<double>();
    REQUIRE(groups.size() == 9 * epochs.size());
    for (size_t row = 0; row < groups.size(); ++row) {
      const auto epoch = epochs[row % 3];
      CAPTURE(groups[row] + " at epoch " + std::to_string(epoch));
      const auto net = assembled(trained(), epoch, [&](const std::string& name, bool buffer) {
        return begins_with(name, groups[row]) && (buffers || !buffer);
      });
      const auto naive = evaluate(*net);
      CHECK(clean[row] == doctest::Approx(naive.clean));
      CHECK(memorised[row] == doctest::Approx(naive.memorised));
    }
  }
}

TEST_CASE("rewinding to the last epoch changes nothing") {
  const auto run = after("rewind", trained(), {{"rewind_epochs", Epochs{6}}});
  for (const char* set : {"clean", "memorised", "true_label", "test"})
    for (const double accuracy : run.out.column("rewind", set).as<double>())
      CHECK(accuracy == trained().out.metric(set));
}

TEST_CASE("the lowest group of an epoch is the one its row says") {
  const auto run = after("rewind", trained(), {{"rewind_epochs", Epochs{1}}});
  const auto memorised = run.out.column("rewind", "memorised").as<double>(),
             clean = run.out.column("rewind", "clean").as<double>();
  const auto at = std::min_element(memorised.begin(), memorised.end()) - memorised.begin();
  CHECK(run.out.metric("lowest_memorised") == memorised[static_cast<size_t>(at)]);
  CHECK(run.out.metric("lowest_gap") ==
        clean[static_cast<size_t>(at)] - memorised[static_cast<size_t>(at)]);
  CHECK(run.out.metric("lowest_from_end") == static_cast<double>(8 - at));
  CHECK(run.out.metric("critical") ==
        static_cast<double>(
            std::count_if(memorised.begin(), memorised.end(), [](double m) { return m < 0.9; })));
}

TEST_CASE("groups of the user's own are rewound as one") {
  const std::vector<std::string> rules{"(conv1|res1.)\\..*=early",
                                       "(conv[234]|res2.|linear)\\..*=late"};
  const auto run = after("rewind", trained(), {{"rewind_epochs", Epochs{1}}, {"groups", rules}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto net = assembled(trained(), 1, [](const std::string& name, bool buffer) {
    return !buffer && (begins_with(name, "conv1") || name.starts_with("res1"));
  });
  CHECK(run.out.metric("clean/early") == doctest::Approx(evaluate(*net).clean));
}

TEST_CASE("an epoch whose weights were not kept is refused, with those that were") {
  auto params = small::params("cnn_small", 4);
  params["checkpoint_every"] = int64_t{2};
  const auto run = after("rewind", train(params), {{"rewind_epochs", Epochs{0, 3}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message ==
        "the weights of epoch 3 were not kept: the training run has those of the epochs 0, 2, 4");
}

TEST_CASE("a network and a training run that do not belong together are refused") {
  const auto other = train(small::params("cnn_small", 1));
  const auto run = small::host().run(
      "rewind", {},
      {{"data", {small::data()}}, {"train", {other}}, {"model", {{trained(), "model"}}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message ==
        "the training run has no tensor \"conv1.conv.weight\" of the model's size: the inputs "
        "`train` and `model` must come from one run");
}

TEST_CASE("retraining a group leaves every other tensor and every statistic as it was") {
  const auto run =
      after("retrain", trained(),
            {{"retrain_epochs", int64_t{2}}, {"batch", int64_t{16}}, {"keep_weights", true}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto& layout = trained().out;
  const auto& names = layout.column("layout", "name").strings;
  const auto& groups = layout.column("layout", "group").strings;
  const auto& buffer = layout.column("layout", "buffer").bytes;
  const auto offset = layout.column("layout", "offset").as<int64_t>(),
             size = layout.column("layout", "size").as<int64_t>();
  const auto before = tensor(layout.arrays.at("weights"), at::kFloat),
             after = tensor(run.out.arrays.at("weights"), at::kFloat);
  REQUIRE(after.size(0) == 9);
  for (int64_t g = 0; g < 9; ++g) {
    const auto retrained =
        groups[static_cast<size_t>(std::find_if(names.begin(), names.end(),
                                                [&](const auto& n) {
                                                  return begins_with(
                                                      n, std::vector<std::string>{
                                                             "conv1", "conv2", "res1a", "res1b",
                                                             "conv3", "res2a", "res2b", "conv4",
                                                             "linear"}[static_cast<size_t>(g)]);
                                                }) -
                                   names.begin())];
    for (size_t i = 0; i < names.size(); ++i) {
      CAPTURE(names[i] + " when " + retrained + " is retrained");
      const auto part = [&](const at::Tensor& rows, int64_t row) {
        return rows[row].narrow(0, offset[i], size[i]);
      };
      if (groups[i] == retrained && !buffer[i])
        CHECK_FALSE(at::equal(part(after, g), part(before, 0)));  // trained, from its start
      else
        CHECK(at::equal(part(after, g), part(before, before.size(0) - 1)));
    }
  }
}

TEST_CASE("a group starts from its first weights, in a network that is otherwise the last one") {
  const auto run = after("retrain", trained(), {{"retrain_epochs", int64_t{1}}});
  for (const char* group : {"conv1", "res1b", "linear"}) {
    CAPTURE(group);
    const auto net = assembled(trained(), 0, [&](const std::string& name, bool buffer) {
      return begins_with(name, group) && !buffer;
    });
    const auto naive = evaluate(*net);
    const auto name = std::string(group);
    CHECK(run.out.metrics.at("clean/" + name)[0].second == doctest::Approx(naive.clean));
    CHECK(run.out.metrics.at("memorised/" + name)[0].second == doctest::Approx(naive.memorised));
  }
}

TEST_CASE("retraining fits the clean examples, not the memorised ones") {
  const auto run = after(
      "retrain", train(small::params("mlp", 100)),
      {{"retrain_epochs", int64_t{30}}, {"batch", int64_t{16}}, {"retrain_patience", int64_t{0}}});
  CHECK(run.out.metric("clean/fc1") >= 0.98);
  CHECK(run.out.metric("memorised/fc1") <= 0.5);
  CHECK(run.out.metric("lowest_clean") <= run.out.metric("clean/fc1"));
}

TEST_CASE("patience ends a group's training after so many epochs without an error") {
  const auto run = after(
      "retrain", train(small::params("mlp", 100)),
      {{"retrain_epochs", int64_t{200}}, {"batch", int64_t{16}}, {"retrain_patience", int64_t{2}}});
  const auto& clean = run.out.metrics.at("clean/fc2");
  CHECK(clean.size() < 201);
  CHECK(std::count_if(clean.begin() + 1, clean.end(),
                      [](const auto& m) { return m.second == 1; }) == 2);
}

TEST_CASE("retraining that is stopped and resumed writes the bits of one left alone") {
  const Params params{
      {"retrain_epochs", int64_t{2}}, {"batch", int64_t{32}}, {"keep_weights", true}};
  const auto whole = after("retrain", trained(), params);
  CHECK(whole.out == after("retrain", trained(), params).out);
  for (const int64_t poll : {0, 3, 8, 12, 71}) {
    CAPTURE(poll);
    const auto stopped = after("retrain", trained(), params, {.stop_at_poll = poll});
    CHECK(stopped.status == ASSAY_CANCELLED);
    CHECK(after("retrain", trained(), params, {.resumes = &stopped}).out == whole.out);
  }
  CHECK(after("retrain", trained(), params, {.resumes = &whole}).polls == 0);
}
