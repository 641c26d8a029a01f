#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

namespace {

at::Tensor loss_of(const at::Tensor& logits) {
  return at::cross_entropy_loss(logits, at::arange(20, 20 + logits.size(0), at::kLong));
}

}  // namespace

TEST_CASE("embeddings as input give the logits of the ids that they are of") {
  for (const auto& architecture : tiny::kArchitectures) {
    CAPTURE(architecture);
    const auto model = tiny::model(architecture);
    auto rows = tiny::rows();
    const auto by_ids = tiny::logits(*model, rows);
    rows.embeddings = model->embedding().index_select(0, rows.ids);
    rows.ids = at::Tensor();
    CHECK(at::equal(tiny::logits(*model, rows), by_ids));
  }
}

TEST_CASE("the gradient at one-hot rows is that at the input embeddings times the embedding") {
  for (const auto& architecture : tiny::kArchitectures) {
    CAPTURE(architecture);
    const auto model = tiny::model(architecture);
    auto rows = tiny::rows();
    const auto one_hot = at::one_hot(rows.ids, 50).to(at::kFloat).requires_grad_(true);
    rows.embeddings = at::matmul(one_hot, model->embedding());
    const auto g =
        torch::autograd::grad({loss_of(tiny::logits(*model, rows))}, {one_hot, rows.embeddings});
    CHECK(g[0].sizes() == at::IntArrayRef{12, 50});
    CHECK(tiny::apart(g[0], at::matmul(g[1], model->embedding().t())) < 1e-6);
    CHECK(g[0].abs().amax(1).min().item<double>() > 1e-5);  // every token can matter
  }
}

TEST_CASE("the row of the padding id receives a gradient like any other") {
  for (const std::string architecture : {"bert", "roberta"}) {
    CAPTURE(architecture);
    const auto model = tiny::model(tiny::config(architecture));
    const int64_t pad = model->config().pad_id;
    auto rows = rows_of({{5, pad, 7}});
    auto untied = model->embedding().clone().requires_grad_(true);
    rows.embeddings = at::embedding(untied, rows.ids);
    const auto g = torch::autograd::grad({loss_of(tiny::logits(*model, rows))}, {untied})[0];
    CHECK(g[pad].abs().max().item<double>() > 1e-5);

    model->embedding().requires_grad_(true);  // and through ids, where the head adds its own
    const auto hidden = tiny::hidden(*model, rows_of({{5, pad, 7}}));
    const auto h = torch::autograd::grad({hidden.pow(3).sum()}, {model->embedding()})[0];
    CHECK(h[pad].abs().max().item<double>() > 1e-5);
    CHECK(h[9].abs().max().item<double>() == 0);
  }
}

TEST_CASE("hidden states at layer k have the gradient that differences show") {
  const auto model = tiny::model("bert");
  auto rows = tiny::rows();
  const auto at_layer = [&](const at::Tensor& embeddings) {
    rows.embeddings = embeddings;
    Sequences attention(rows.lengths);
    return model->hidden_at(1, rows, attention).pow(2).sum();
  };
  auto x = model->embedding().index_select(0, rows.ids).requires_grad_(true);
  const auto g = torch::autograd::grad({at_layer(x)}, {x})[0];
  auto direction = at::zeros_like(x);
  direction[2].fill_(0.01F);
  const double slope =
      (at_layer(x.detach() + direction) - at_layer(x.detach() - direction)).item<double>() / 2;
  // Central differences in fp32: error about 1e-6 of the value over a step, plus the third order.
  CHECK(slope == doctest::Approx((g * direction).sum().item<double>()).epsilon(2e-2));
}

TEST_CASE("hidden states at layer 0 are the embeddings, and after all layers the final ones") {
  const auto model = tiny::model("bert");
  const auto rows = tiny::rows();
  Sequences attention(rows.lengths);
  CHECK(at::equal(model->hidden_at(2, rows, attention), model->hidden(rows, attention)));
  CHECK(tiny::apart(model->hidden_at(0, rows, attention), model->hidden_at(1, rows, attention)) >
        1e-3);
  CHECK_THROWS_WITH_AS(model->hidden_at(3, rows, attention),
                       "there are no hidden states at layer 3 of a model with 2 layers",
                       std::invalid_argument);
}
