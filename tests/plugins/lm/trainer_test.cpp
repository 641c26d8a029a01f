#include "plugins/common/lm/token_loss.hpp"
#include "plugins/common/lm/trainer.hpp"
#include "plugins/common/lm/training_batch.hpp"
#include "tests/plugins/lm/memory_reader.hpp"
#include "tests/plugins/lm/small_model.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

namespace {

/// The mean loss of `count` examples from number `first` on, of many lengths.
lm::MicroLoss loss(const lm::Model& model, int64_t first, int64_t count) {
  std::vector<lm::TrainingExample> examples;
  for (int64_t i = first; i < first + count; ++i)
    examples.push_back(small::example(3 + i * 7 % 11, i % 37, i % 3));
  const auto batch = lm::training_batch(examples);
  lm::Sequences attention(batch.rows.lengths);
  const auto x = model.before_head(batch.predicting(model.hidden(batch.rows, attention)));
  return {lm::token_loss(model.head(), x, batch.targets,
                         lm::label_weights(batch, lm::Reduction::labels))
              .sum,
          static_cast<double>(batch.targets.numel())};
}

lm::TrainerOptions options(int64_t steps) {
  return {.steps = steps,
          .schedule = lm::linear_schedule(0.01, steps, 2),
          .adamw = {.weight_decay = 0.1}};
}

/// Training of four examples a step, in micro-batches.
struct Training {
  std::unique_ptr<lm::Model> model = small::model(5);
  lm::Trainer trainer;

  explicit Training(lm::TrainerOptions o)
      : trainer(lm::trained(*model), o, [this, n = o.micro_batches](int64_t step, int64_t micro) {
          return loss(*model, 4 * step + micro * 4 / n, 4 / n);
        }) {}
  at::Tensor parameters() const {
    std::vector<at::Tensor> all;
    for (const auto& p : model->parameters()) all.push_back(p.second.detach().flatten());
    return at::cat(all);
  }
};

}  // namespace

TEST_CASE("the linear schedule warms up from 0 and comes down to 0 after the last step") {
  const auto s = lm::linear_schedule(2, 10, 4);
  CHECK(s.rate(0, {}) == 0);
  CHECK(s.rate(1, {}) == doctest::Approx(0.5));
  CHECK(s.rate(4, {}) == doctest::Approx(2));
  CHECK(s.rate(9, {}) == doctest::Approx(2.0 / 6));
  CHECK(s.rate(10, {}) == 0);
}

TEST_CASE("the cosine schedule warms up from 0 and comes down to its floor") {
  const auto s = lm::cosine_schedule(2, 10, 4, 0.5);
  CHECK(s.rate(0, {}) == 0);
  CHECK(s.rate(2, {}) == doctest::Approx(1));
  CHECK(s.rate(4, {}) == doctest::Approx(2));
  CHECK(s.rate(7, {}) == doctest::Approx(1.25));
  CHECK(s.rate(10, {}) == doctest::Approx(0.5));
}

TEST_CASE("the first step of a warm-up leaves the parameters as they are, the second does not") {
  Training t(options(5));
  const auto before = t.parameters();
  t.trainer.step();
  CHECK(t.trainer.rate() == 0);
  CHECK(at::equal(t.parameters(), before));
  t.trainer.step();
  CHECK(!at::equal(t.parameters(), before));
}

TEST_CASE("training takes the steps of PyTorch's AdamW with decay groups and clipping") {
  auto o = options(8);
  o.clip = 0.5;
  Training ours(o);
  const auto model = small::model(5);
  std::vector<at::Tensor> matrices, vectors, all;
  for (const auto& [name, p] : model->parameters()) {
    p.requires_grad_(true);
    (p.dim() > 1 ? matrices : vectors).push_back(p);
    all.push_back(p);
  }
  CHECK(!vectors.empty());
  std::vector<torch::optim::OptimizerParamGroup> groups;
  for (const auto& [list, decay] : {std::pair(matrices, 0.1), std::pair(vectors, 0.0)})
    groups.emplace_back(list, std::make_unique<torch::optim::AdamWOptions>(
                                  torch::optim::AdamWOptions(1).weight_decay(decay)));
  torch::optim::AdamW peer(groups);
  while (!ours.trainer.done()) {
    const auto step = ours.trainer.steps();
    peer.zero_grad();
    const auto l = loss(*model, 4 * step, 4).loss;
    l.backward();
    const double norm = torch::nn::utils::clip_grad_norm_(all, 0.5);
    for (auto& group : peer.param_groups()) group.options().set_lr(o.schedule.rate(step, {}));
    peer.step();
    ours.trainer.step();
    CHECK(norm > 0.5);
    CHECK(ours.trainer.gradient_norm() == doctest::Approx(norm).epsilon(1e-5));
    CHECK(ours.trainer.loss() == doctest::Approx(l.item<double>()).epsilon(1e-5));
  }
  std::vector<at::Tensor> flat;
  for (const auto& p : all) flat.push_back(p.detach().flatten());
  CHECK(at::allclose(ours.parameters(), at::cat(flat), 1e-4, 1e-5));
}

TEST_CASE("weights decay by group: matrices, or what no expression spares") {
  const auto shares = [](const std::string& no_decay) {
    const auto a = at::full({2, 2}, 1.0f), b = at::full({2}, 1.0f);
    auto o = options(1);
    o.schedule = {.kind = "constant", .peak = 0.5, .epochs = 1};
    o.no_decay = no_decay;
    lm::Trainer trainer({{"layer.a", a}, {"layer.b", b}}, o,
                        [&](int64_t, int64_t) { return lm::MicroLoss{(a.sum() + b.sum()) * 0}; });
    trainer.step();
    return std::pair(a[0][0].item<float>(), b[0].item<float>());
  };
  CHECK(shares("") == std::pair(0.95f, 1.0f));
  CHECK(shares("\\.a$") == std::pair(1.0f, 0.95f));
  CHECK_THROWS_AS(shares("("), std::invalid_argument);
}

TEST_CASE("accumulation weighted by labels equals the large batch; the plain mean does not") {
  const auto after = [](int64_t micro_batches, lm::Accumulation accumulation) {
    auto o = options(4);
    o.micro_batches = micro_batches;
    o.accumulation = accumulation;
    Training t(o);
    while (!t.trainer.done()) t.trainer.step();
    return t.parameters();
  };
  const auto large = after(1, lm::Accumulation::mean);
  CHECK(at::allclose(after(4, lm::Accumulation::weighted), large, 1e-4, 2e-5));
  CHECK(at::allclose(after(2, lm::Accumulation::weighted), large, 1e-4, 2e-5));
  CHECK(!at::allclose(after(4, lm::Accumulation::mean), large, 1e-2, 1e-3));
}

TEST_CASE("the mean of micro-batches is the mean of their losses") {
  auto o = options(1);
  o.micro_batches = 2;
  Training t(o);
  const double mean =
      (loss(*t.model, 0, 2).loss.item<double>() + loss(*t.model, 2, 2).loss.item<double>()) / 2;
  t.trainer.step();
  CHECK(t.trainer.loss() == doctest::Approx(mean));
}

TEST_CASE("training goes on from a checkpoint to the same bits") {
  Training whole(options(9)), first(options(9)), second(options(9));
  while (!whole.trainer.done()) whole.trainer.step();
  for (int i = 0; i < 4; ++i) first.trainer.step();
  Columns columns;
  first.trainer.add_to(columns);
  const memory::Checkpoint checkpoint(columns);
  second.trainer.restore(checkpoint.reader());
  CHECK(second.trainer.steps() == 4);
  while (!second.trainer.done()) second.trainer.step();
  CHECK(at::equal(whole.parameters(), second.parameters()));
  CHECK(whole.trainer.loss() == second.trainer.loss());
  CHECK(whole.trainer.mean_loss() == second.trainer.mean_loss());
}

TEST_CASE("the mean loss is that of the steps since it was begun again") {
  Training t(options(5));
  CHECK(std::isnan(t.trainer.mean_loss()));
  t.trainer.step();
  const double a = t.trainer.loss();
  t.trainer.step();
  CHECK(t.trainer.mean_loss() == (a + t.trainer.loss()) / 2);
  t.trainer.restart_mean();
  t.trainer.step();
  CHECK(t.trainer.mean_loss() == t.trainer.loss());
}

TEST_CASE("training that diverges says where, and leaves the parameters as they were") {
  const auto a = at::ones({2, 2}), b = at::ones({3});
  auto o = options(5);
  o.name = "fine-tuning";
  lm::Trainer trainer({{"a", a}, {"b", b}}, o, [&](int64_t step, int64_t) {
    return lm::MicroLoss{a.sum() + (step == 2 ? (b - b.detach()).sqrt().sum() : b.sum())};
  });
  trainer.step();
  trainer.step();
  const auto before = a.clone();
  try {
    trainer.step();
    FAIL("a gradient that is infinite went unseen");
  } catch (const Error& e) {
    CHECK(e.status() == ASSAY_DIVERGED);
    const std::string why = e.what();
    CHECK(why.starts_with("fine-tuning diverged at step 2: the loss is "));
    CHECK(why.ends_with(", and the gradient of \"b\" is not finite"));
  }
  CHECK(at::equal(a, before));
}
