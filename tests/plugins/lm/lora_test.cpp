#include "plugins/common/lm/fake_quant.hpp"
#include "plugins/common/lm/lora.hpp"
#include "plugins/common/lm/trainable.hpp"
#include "plugins/common/lm/trainer.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

namespace {

constexpr auto kQueries = "attention\\.self\\.query$";

/// B away from 0, as after training.
void trained(const Lora& lora) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : lora.parameters())
    if (name.ends_with("lora_B.weight")) tensor.normal_(0, 0.3, stream_of(11, name));
}

}  // namespace

TEST_CASE("a fresh adapter leaves every bit of the logits") {
  const auto model = tiny::model("bert");
  const auto before = tiny::logits(*model, tiny::rows());
  const Lora lora(*model, kQueries, {.rank = 2}, 1);
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), before));
  REQUIRE(lora.parameters().size() == 4);
  CHECK(lora.parameters()[0].first ==
        "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight");
  CHECK(lora.parameters()[0].second.sizes() == at::IntArrayRef{2, 16});
  CHECK(lora.parameters()[1].second.sizes() == at::IntArrayRef{16, 2});
  const double greatest = lora.parameters()[0].second.abs().max().item<double>();
  CHECK(greatest <= 0.25);  // 1 / sqrt(16)
  CHECK(greatest > 0.15);
}

TEST_CASE("an adapter adds alpha / rank B A, and merging it changes nothing") {
  const auto model = tiny::model("bert");
  const auto& q = model->linears()[0];
  const auto old = q->weight.clone();
  const auto before = tiny::logits(*model, tiny::rows());
  Lora lora(*model, kQueries, {.rank = 2, .alpha = 8}, 1);
  trained(lora);
  const auto adapted = tiny::logits(*model, tiny::rows());
  CHECK(tiny::apart(adapted, before) > 1e-2);
  CHECK(at::equal(q->weight, old));
  lora.merge();
  CHECK(q->form == nullptr);
  const auto& list = lora.parameters();
  CHECK(tiny::apart(q->weight, old + 4 * at::matmul(list[1].second, list[0].second)) < 1e-6);
  CHECK(tiny::apart(tiny::logits(*model, tiny::rows()), adapted) < 2e-5);  // of logits near 10
}

TEST_CASE("an adapter of a layer kept as (in, out) merges in that layout") {
  const auto model = tiny::model("gpt2");
  const auto& c_attn = model->linears()[0];
  REQUIRE(c_attn->name == "transformer.h.0.attn.c_attn");
  REQUIRE(c_attn->weight.sizes() == at::IntArrayRef{16, 48});
  const auto x = at::arange(64, at::kFloat).view({4, 16}) / 64;
  const auto plain = at::matmul(x, c_attn->weight) + c_attn->bias;
  Lora lora(*model, "c_attn$", {.rank = 3, .alpha = 3}, 1);
  trained(lora);
  const auto &a = lora.parameters()[0].second, &b = lora.parameters()[1].second;
  const auto adapted = plain + at::matmul(at::matmul(x, a.t()), b.t());
  const auto logits = tiny::logits(*model, tiny::rows());
  CHECK(tiny::apart(c_attn(x), adapted) < 1e-5);
  lora.merge();
  CHECK(c_attn->weight.sizes() == at::IntArrayRef{16, 48});
  CHECK(tiny::apart(c_attn(x), adapted) < 1e-5);
  CHECK(tiny::apart(tiny::logits(*model, tiny::rows()), logits) < 2e-5);  // of logits near 10
}

TEST_CASE("only adapters receive a gradient, and removing them restores the model") {
  const auto model = tiny::model("roberta");
  const auto before = tiny::logits(*model, tiny::rows());
  Lora lora(*model, "dense$", {.rank = 2}, 1);
  trained(lora);
  tiny::logits(*model, tiny::rows()).pow(2).sum().backward();
  for (const auto& [name, tensor] : model->parameters()) {
    CAPTURE(name);
    CHECK_FALSE(tensor.grad().defined());
  }
  int with_gradient = 0;
  for (const auto& [name, tensor] : lora.parameters())
    if (tensor.grad().defined() && tensor.grad().abs().max().item<double>() > 0) ++with_gradient;
  // The pooler's two take no part in logits.
  CHECK(with_gradient == static_cast<int>(lora.parameters().size()) - 2);
  lora.remove();
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), before));
}

TEST_CASE("an adapter's dropout is off unless a step switches it on") {
  const auto model = tiny::model("bert");
  Lora lora(*model, kQueries, {.rank = 2, .dropout = 0.5}, 1);
  trained(lora);
  const auto sure = tiny::logits(*model, tiny::rows());
  lora.dropout().at_step(1);
  const auto dropped = tiny::logits(*model, tiny::rows());
  CHECK(tiny::apart(sure, dropped) > 1e-3);
  lora.dropout().at_step(1);
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), dropped));
  lora.dropout().off();
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), sure));
}

TEST_CASE("over fake quantisation an adapter adds to the rounded product and will not merge") {
  const auto model = tiny::model("bert");
  fake_quantise(*model, kQueries);
  const auto rounded = tiny::logits(*model, tiny::rows());
  Lora lora(*model, kQueries, {.rank = 2}, 1);
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), rounded));
  CHECK_THROWS_WITH_AS(lora.merge(),
                       "the weight of bert.encoder.layer.0.attention.self.query is quantised: bake "
                       "that before merging into it",
                       std::invalid_argument);
}

TEST_CASE("what an adapter cannot do is said") {
  const auto model = tiny::model("bert");
  CHECK_THROWS_WITH_AS(Lora(*model, kQueries, {.rank = 0}, 1),
                       "a rank of 0 adapts nothing; it is at least 1", std::invalid_argument);
  model->linears()[0]->weight = at::Tensor();
  CHECK_THROWS_WITH_AS(
      Lora(*model, kQueries, {.rank = 2}, 1),
      "the weight of bert.encoder.layer.0.attention.self.query is packed; open the "
      "model with exact precision to adapt it",
      std::invalid_argument);
}

TEST_CASE("training an adapter lowers the loss and leaves the model's own parameters") {
  const auto model = tiny::model("bert");
  Lora lora(*model, "self\\.(query|value)$", {.rank = 4}, 1);
  const auto old = model->linears()[0]->weight.clone();
  const auto labels = at::arange(20, 32, at::kLong);
  const auto loss = [&] {
    return at::cross_entropy_loss(tiny::logits(*model, tiny::rows()), labels);
  };
  const double before = loss().item<double>();
  TrainerOptions options{.steps = 30, .schedule = linear_schedule(0.02, 30, 0)};
  Trainer trainer(lora.parameters(), options, [&](int64_t, int64_t) { return MicroLoss{loss()}; });
  while (!trainer.done()) trainer.step();
  CHECK(loss().item<double>() < before - 0.5);
  CHECK(at::equal(model->linears()[0]->weight, old));
}
