#include "plugins/common/train/autograd_learner.hpp"

#include <doctest/doctest.h>

using namespace assay;
using train::EvalNorm;

namespace {

train::Examples examples(int64_t n) {
  torch::manual_seed(9);
  return {at::randint(0, 256, {n, 14, 12, 2}, at::kByte), at::randint(0, 5, {n}, at::kLong), {}};
}

nn::ClassifierConfig config(const std::string& model) {
  return {model, 0.5, {2, 14, 12}, 5, {}, 1, {}};
}

std::shared_ptr<nn::Classifier> network(const std::string& model) {
  torch::manual_seed(1);
  return nn::make_classifier(config(model));
}

std::unique_ptr<train::AutogradLearner> autograd_learner(const std::string& model,
                                                         train::Sgd sgd = {}) {
  return std::make_unique<train::AutogradLearner>(network(model), at::kCPU,
                                                  train::AutogradOptions{sgd, {}, {}, {}, false});
}

const std::vector<int64_t> kBatches[] = {{0, 5, 9, 2, 7, 1, 3, 4}, {8, 6, 11}, {10, 0, 2, 5}};

}  // namespace

TEST_CASE("both kinds of learner take the same steps, within rounding") {
  const auto data = examples(100);
  for (const char* model : {"mlp", "cnn_small"}) {
    CAPTURE(model);
    auto planned = train::make_planned_learner(config(model), network(model), 8, {0.9, 5e-3});
    auto autograd = autograd_learner(model, {0.9, 5e-3});
    for (int round = 0; round < 3; ++round)
      for (const auto& batch : kBatches) {
        std::vector<uint8_t> mine(batch.size()), theirs(batch.size());
        const double loss = planned->step(data, batch, 0.05, mine.data());
        CHECK(loss ==
              doctest::Approx(autograd->step(data, batch, 0.05, theirs.data())).epsilon(1e-4));
        CHECK(mine == theirs);
      }
    const auto mine = planned->network()->named_parameters();
    for (const auto& p : autograd->network()->named_parameters()) {
      CAPTURE(p.key());
      CHECK(mine[p.key()].allclose(p.value(), 1e-4, 1e-5));
    }
    const auto a = planned->evaluate(data, EvalNorm::running),
               b = autograd->evaluate(data, EvalNorm::running);
    CHECK(a.correct == b.correct);
    CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-4));
    CHECK(at::tensor(a.probability).allclose(at::tensor(b.probability), 1e-3, 1e-5));
  }
}

TEST_CASE("a learner reports whether it was right before its step") {
  const auto data = examples(12);
  auto learner = train::make_learner(config("cnn_small"), network("cnn_small"), at::kCPU, 4, {});
  const auto before = learner->evaluate(data, EvalNorm::running);
  std::vector<uint8_t> correct(4);
  const std::vector<int64_t> batch{3, 0, 11, 6};
  learner->step(data, batch, 0.5, correct.data());
  for (size_t j = 0; j < 4; ++j) CHECK(correct[j] == before.correct[static_cast<size_t>(batch[j])]);
}

TEST_CASE("evaluation leaves running statistics as they are, whichever it uses") {
  const auto data = examples(40);
  auto learner = autograd_learner("resnet9");
  std::vector<uint8_t> correct(8);
  learner->step(data, kBatches[0], 0.05, correct.data());
  const auto snapshot = [&] {
    std::vector<at::Tensor> all;
    for (const auto& b : learner->network()->buffers()) all.push_back(b.clone());
    return all;
  };
  const auto before = snapshot();
  const auto running = learner->evaluate(data, EvalNorm::running);
  const auto batch = learner->evaluate(data, EvalNorm::batch);
  const auto after = snapshot();
  for (size_t i = 0; i < before.size(); ++i) CHECK(before[i].equal(after[i]));
  CHECK(running.loss != batch.loss);
  CHECK(learner->evaluate(data, EvalNorm::running).probability == running.probability);
}

TEST_CASE("training steps move batch norm's running statistics") {
  auto learner = autograd_learner("resnet9");
  const auto before = learner->network()->named_buffers()["conv1.norm.running_mean"].clone();
  std::vector<uint8_t> correct(8);
  learner->step(examples(12), kBatches[0], 0.0, correct.data());
  CHECK_FALSE(learner->network()->named_buffers()["conv1.norm.running_mean"].equal(before));
}

TEST_CASE("a learner restored from its state goes on with the same bits") {
  const auto data = examples(12);
  for (const char* model : {"cnn_small", "resnet9"}) {
    CAPTURE(model);
    std::vector<uint8_t> correct(8);
    auto first = train::make_learner(config(model), network(model), at::kCPU, 8, {});
    first->step(data, kBatches[0], 0.05, correct.data());
    train::Learner::State saved;
    for (const auto& [name, tensor] : first->state()) saved.emplace_back(name, tensor.clone());
    first->step(data, kBatches[1], 0.05, correct.data());

    torch::manual_seed(77);
    auto second =
        train::make_learner(config(model), nn::make_classifier(config(model)), at::kCPU, 8, {});
    auto state = second->state();
    for (size_t i = 0; i < state.size(); ++i) {
      REQUIRE(state[i].first == saved[i].first);
      const at::NoGradGuard no_grad;
      state[i].second.copy_(saved[i].second);
    }
    second->step(data, kBatches[1], 0.05, correct.data());
    const auto a = nn::weights(*first->network()), b = nn::weights(*second->network());
    for (size_t i = 0; i < a.size(); ++i) CHECK(a[i].second.equal(b[i].second));
  }
}
