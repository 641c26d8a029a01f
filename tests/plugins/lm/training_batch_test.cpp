#include "plugins/common/lm/token_loss.hpp"
#include "plugins/common/lm/training_batch.hpp"
#include "tests/plugins/lm/small_model.hpp"

#include <doctest/doctest.h>

using namespace assay;

namespace {

std::vector<int64_t> list(const at::Tensor& x) {
  return {x.const_data_ptr<int64_t>(), x.const_data_ptr<int64_t>() + x.numel()};
}

/// The gradients of all parameters, one after another.
at::Tensor gradients(const lm::Model& model) {
  std::vector<at::Tensor> all;
  for (const auto& [name, tensor] : model.parameters()) {
    if (tensor.grad().defined()) all.push_back(tensor.grad().flatten());
    tensor.mutable_grad().reset();
  }
  return at::cat(all);
}

at::Tensor loss(const lm::Model& model, const lm::TrainingBatch& batch, const at::Tensor& weights) {
  lm::Sequences attention(batch.rows.lengths);
  const auto x = model.before_head(batch.predicting(model.hidden(batch.rows, attention)));
  return lm::token_loss(model.head(), x, batch.targets, weights).sum;
}

}  // namespace

TEST_CASE("a batch has a row for every id but the last, and a target for every label") {
  const std::vector<lm::TrainingExample> examples{
      {.ids = {5, 6, 7, 8}, .prompt = 2},
      {.ids = {1, 2, 3}},
      {.ids = {9, 4, 3}, .labelled = {1, 0, 1}, .weight = 3},
      {.ids = {9, 4}, .prompt = 2}};
  const auto batch = lm::training_batch(examples);
  CHECK(list(batch.rows.ids) == std::vector<int64_t>{5, 6, 7, 1, 2, 9, 4, 9});
  CHECK(list(batch.rows.positions) == std::vector<int64_t>{0, 1, 2, 0, 1, 0, 1, 0});
  CHECK(batch.rows.lengths == std::vector<int64_t>{3, 2, 2, 1});
  CHECK(list(batch.at) == std::vector<int64_t>{1, 2, 3, 4, 6});
  CHECK(list(batch.targets) == std::vector<int64_t>{7, 8, 2, 3, 3});
  CHECK(list(batch.example) == std::vector<int64_t>{0, 0, 1, 1, 2});
  CHECK(batch.count == std::vector<int64_t>{2, 2, 1, 0});

  // Labels: 2 + 2 + 3 * 1 = 7. Examples: 1 + 1 + 3 = 5, the one without labels left out.
  using lm::Reduction;
  CHECK(at::allclose(lm::label_weights(batch, Reduction::labels),
                     at::tensor({1., 1., 1., 1., 3.}, at::kDouble) / 7));
  CHECK(at::allclose(lm::label_weights(batch, Reduction::examples),
                     at::tensor({.5, .5, .5, .5, 3.}, at::kDouble) / 5));
  CHECK(at::allclose(lm::label_weights(batch, Reduction::sum),
                     at::tensor({1., 1., 1., 1., 3.}, at::kDouble)));
}

TEST_CASE("an example that cannot be learnt is named") {
  const std::vector<lm::TrainingExample> short_one{{.ids = {1, 2}}, {.ids = {1}}};
  CHECK_THROWS_WITH(lm::training_batch(short_one),
                    "training example 1 has 1 ids; one that can be learnt has at least 2");
  const std::vector<lm::TrainingExample> flags{{.ids = {1, 2}, .labelled = {1}}};
  CHECK_THROWS_WITH(lm::training_batch(flags), "training example 0 has 2 ids, but flags for 1");
}

TEST_CASE("what the prompt's tokens are counts, but predicting them does not") {
  const auto model = small::model();
  const auto with_prompt = [&](text::Id second, int64_t prompt) {
    const std::vector<lm::TrainingExample> e{{.ids = {3, second, 8, 11, 2}, .prompt = prompt}};
    const auto batch = lm::training_batch(e);
    return loss(*model, batch, lm::label_weights(batch, lm::Reduction::sum)).item<double>();
  };
  CHECK(with_prompt(4, 3) != with_prompt(5, 3));
  const double predicting_prompt = with_prompt(4, 0) - with_prompt(4, 2);
  const std::vector<lm::TrainingExample> e{{.ids = {3, 4}}};
  const auto batch = lm::training_batch(e);
  CHECK(predicting_prompt ==
        doctest::Approx(
            loss(*model, batch, lm::label_weights(batch, lm::Reduction::sum)).item<double>()));
}

TEST_CASE("a joined batch with a weight a row has the gradients of the terms by themselves") {
  const auto model = small::model();
  for (const auto& p : model->parameters()) p.second.requires_grad_(true);
  const std::vector<lm::TrainingExample> forget{small::example(9, 2, 3), small::example(7, 5)},
      retain{small::example(12, 1, 4)};
  const auto f = lm::training_batch(forget), r = lm::training_batch(retain);
  const auto wf = -0.7 * lm::label_weights(f, lm::Reduction::labels),
             wr = 1.3 * lm::label_weights(r, lm::Reduction::examples);
  (loss(*model, f, wf) + loss(*model, r, wr)).backward();
  const auto apart = gradients(*model);
  const auto both = lm::join(std::vector{f, r});
  loss(*model, both, at::cat({wf, wr})).backward();
  const auto together = gradients(*model);
  CHECK((apart - together).norm().item<double>() <= 1e-5 * apart.norm().item<double>());
}

TEST_CASE("batches by rows hold consecutive items within the budget, and every item once") {
  const std::vector<int64_t> lengths{5, 3, 9, 1, 4, 20, 2}, order{6, 0, 2, 1, 5, 3, 4};
  using Groups = std::vector<std::vector<int64_t>>;
  CHECK(lm::by_rows(lengths, order, 10, false) == Groups{{6, 0}, {2}, {1}, {5}, {3, 4}});
  CHECK(lm::by_rows(lengths, order, 10, true) == Groups{{3, 6, 1, 4}, {0}, {2}, {5}});
}
