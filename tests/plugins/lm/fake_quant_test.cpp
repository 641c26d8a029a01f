#include "plugins/common/lm/fake_quant.hpp"
#include "plugins/common/lm/trainable.hpp"
#include "plugins/common/lm/trainer.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

TEST_CASE("NormalFloat puts a block on the levels worked out by hand") {
  // m = 2: the quotients 0.5, -0.25, 0.04, 0.039, -0.9, 1, 0 and the level nearest to each,
  // times 2. Between 0 and 0.0796 lies 0.0398; -0.9 is nearer to -1 than to -0.6962 (their middle
  // -0.848).
  const auto w = at::tensor({1.0F, -0.5F, 0.08F, 0.078F, -1.8F, 2.0F, 0.0F}).view({1, 7});
  const auto expected = at::tensor({2 * 0.44070982933044434F, 2 * -0.28444138169288635F,
                                    2 * 0.07958029955625534F, 0.0F, -2.0F, 2.0F, 0.0F})
                            .view({1, 7});
  CHECK(at::equal(fake_quantised(w, Quant::nf4), expected));
}

TEST_CASE("int4 rounds to sevenths of a block's greatest weight") {
  const auto w = at::tensor({7.0F, 3.4F, -3.6F, 0.49F, -6.9F, -7.0F}).view({2, 3});
  CHECK(at::equal(fake_quantised(w, Quant::int4),
                  at::tensor({7.0F, 3.0F, -4.0F, 0.0F, -7.0F, -7.0F}).view({2, 3})));
}

TEST_CASE("blocks have scales of their own, follow rows, and the last may be short") {
  const auto w = at::tensor({7.0F, 1.0F, 0.07F, 0.03F, 0.0F, 0.0F, 5.0F}).view({1, 7});
  const auto q = fake_quantised(w, Quant::int4, 2);
  CHECK(tiny::apart(q, at::tensor({7.0F, 1.0F, 0.07F, 0.03F, 0.0F, 0.0F, 5.0F}).view({1, 7})) <
        1e-7);
  // One block of seven has the step 1: what is small is lost.
  CHECK(at::equal(fake_quantised(w, Quant::int4, 7),
                  at::tensor({7.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 5.0F}).view({1, 7})));
}

TEST_CASE("rounding twice is rounding once, and no weight moves farther than half a gap") {
  const auto w = at::empty({48, 80}).normal_(0, 1, stream_of(3, "w"));
  const auto m = w.view({60, 64}).abs().amax({1}, true);
  for (const auto quant : {Quant::int4, Quant::nf4}) {
    CAPTURE(static_cast<int>(quant));
    const auto q = fake_quantised(w, quant);
    CHECK(tiny::apart(fake_quantised(q, quant), q) < 1e-6);
    // Widest gaps: 1/7 of m, and 1 - 0.6962 of m.
    const double half_gap = quant == Quant::int4 ? 0.5 / 7 : 0.152;
    CHECK(((q - w).view({60, 64}).abs() / m).max().item<double>() <= half_gap + 1e-6);
  }
}

TEST_CASE("a quantised layer computes with rounded weights and follows their changes") {
  const auto model = tiny::model("bert");
  const auto& q = model->linears()[0];
  const auto x = at::ones({2, 16});
  fake_quantise(*model, "self.query", {.quant = Quant::int4});
  const auto by_hand = [&] {
    return at::matmul(x, fake_quantised(q->weight, Quant::int4).t()) + q->bias;
  };
  CHECK(tiny::apart(q(x), by_hand()) < 1e-6);
  q->weight.mul_(-2);
  CHECK(tiny::apart(q(x), by_hand()) < 1e-6);
  CHECK_THROWS_AS(fake_quantise(*model, "self.query"), std::invalid_argument);

  const auto quantised = tiny::logits(*model, tiny::rows());
  bake_quantised(*model, "self.query", Quant::int4);
  CHECK(q->form == nullptr);
  CHECK(at::equal(tiny::logits(*model, tiny::rows()), quantised));
  CHECK(at::equal(model->parameters()[5].second, q->weight));  // the same parameter
}

TEST_CASE("straight through, the weight's gradient is the rounded weight's; else it has none") {
  for (const bool straight : {true, false}) {
    CAPTURE(straight);
    const auto model = tiny::model("bert");
    train_only(*model, "layer.0.attention.self.query.weight");
    fake_quantise(*model, "self.query", {.straight_through = straight});
    const auto& q = model->linears()[0];
    const auto x = at::ones({2, 16}).requires_grad_(true);
    const auto y = q(x);
    CHECK(at::equal(y, at::linear(x, fake_quantised(q->weight, Quant::nf4), q->bias)));
    y.sum().backward();
    CHECK(x.grad().abs().max().item<double>() > 0);
    REQUIRE(q->weight.grad().defined() == straight);
    if (straight) CHECK(at::equal(q->weight.grad(), at::full({16, 16}, 2.0F)));
  }
}

TEST_CASE("a weight that is trained straight through is rounded anew in each step") {
  const auto model = tiny::model("bert");
  train_only(*model, "layer.0.attention.self.query.weight");
  fake_quantise(*model, "layer.0.attention.self.query", {.straight_through = true});
  const auto& q = model->linears()[0];
  const auto x = at::ones({2, 16});
  TrainerOptions options{.steps = 3, .schedule = linear_schedule(0.5, 3, 0)};
  Trainer trainer(trained(*model), options,
                  [&](int64_t, int64_t) { return MicroLoss{q(x).sum()}; });
  while (!trainer.done()) {
    const auto before = q->weight.detach().clone();
    trainer.step();
    CHECK_FALSE(at::equal(q->weight, before));
    CHECK(at::equal(q(x), at::linear(x, fake_quantised(q->weight, Quant::nf4), q->bias)));
  }
  q(x);  // while it learns
  const at::NoGradGuard no_grad;
  q->weight.variable_data().mul_(-1);  // as an optimiser may: where no version counts it
  freeze(*model);
  CHECK(at::equal(q(x), at::linear(x, fake_quantised(q->weight, Quant::nf4), q->bias)));
}
