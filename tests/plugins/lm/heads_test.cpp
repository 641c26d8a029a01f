#include "plugins/common/lm/heads.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

TEST_CASE("logits at rows and columns are those of the whole matrix") {
  for (const auto& architecture : tiny::kArchitectures) {
    CAPTURE(architecture);
    const auto model = tiny::model(architecture);
    const auto rows = tiny::rows();
    const auto hidden = tiny::hidden(*model, rows);
    const auto all = model->logits(hidden);
    const auto at = rows_of_token(rows, 9);
    const auto columns = at::tensor({49, 0, 7, 7}, at::kLong);
    REQUIRE(at::equal(at, at::tensor({3, 8, 10}, at::kLong)));
    // Products of other shapes may sum in another order: a few ulps of numbers near 10.
    CHECK(tiny::apart(logits_at(*model, hidden, at), all.index_select(0, at)) < 1e-5);
    CHECK(tiny::apart(logits_at(*model, hidden, at, columns),
                      all.index_select(0, at).index_select(1, columns)) < 1e-5);
  }
}

TEST_CASE("mean pooling and normalising are worked out by hand") {
  const auto hidden = at::tensor({1.0F, 2.0F, 3.0F, 6.0F, 3.0F, 4.0F}).view({3, 2});
  const auto means = mean_pooled(hidden, {2, 1});
  CHECK(at::equal(means, at::tensor({2.0F, 4.0F, 3.0F, 4.0F}).view({2, 2})));
  CHECK(tiny::apart(normalised(means)[1], at::tensor({0.6F, 0.8F})) < 1e-7);
  CHECK(at::equal(normalised(at::zeros({1, 2})), at::zeros({1, 2})));
}

TEST_CASE("each form of a classifier is the formula that defines it") {
  const auto model = tiny::model("bert");
  const auto rows = tiny::rows();
  const auto first = tiny::hidden(*model, rows).index_select(0, first_rows(rows));
  tiny::PerturbedSource source;
  const Classifier dense(ClassifierForm::dense, *model, 3, source),
      pooler(ClassifierForm::pooler, *model, 3, source),
      project(ClassifierForm::project, *model, 3, source);

  const auto& d = dense.parameters();
  REQUIRE(d.size() == 4);
  CHECK(d[0].first == "classifier.dense.weight");
  CHECK(d[2].first == "classifier.out_proj.weight");
  const auto inner = (at::matmul(first, d[0].second.t()) + d[1].second).tanh();
  CHECK(tiny::apart(dense(first), at::matmul(inner, d[2].second.t()) + d[3].second) < 1e-5);

  const auto& p = pooler.parameters();
  REQUIRE(p.size() == 2);
  CHECK(p[0].first == "classifier.weight");
  CHECK(tiny::apart(pooler(first),
                    at::matmul(pooled(*model, first), p[0].second.t()) + p[1].second) < 1e-5);
  CHECK(tiny::apart(project(first), at::matmul(first.tanh(), p[0].second.t()) + p[1].second) <
        1e-5);
}

TEST_CASE("a pooler that the weights lack is named") {
  const auto model = tiny::model("llama");
  CHECK_THROWS_WITH_AS(
      pooled(*model, at::zeros({1, 16})),
      "these weights of the architecture \"llama\" have no pooler (pooler.dense.weight)",
      std::invalid_argument);
}

TEST_CASE("dropout draws the same at the same step, keeps the mean, and is off at first") {
  Dropout dropout(0.25, 3);
  const auto x = at::ones({100, 100});
  CHECK(at::equal(dropout(x), x));
  dropout.at_step(5);
  const auto first = dropout(x), second = dropout(x);
  CHECK_FALSE(at::equal(first, second));
  dropout.at_step(6);
  CHECK_FALSE(at::equal(dropout(x), first));
  dropout.at_step(5);
  CHECK(at::equal(dropout(x), first));
  CHECK(at::equal(dropout(x), second));
  // Mean of 10^4 values 4/3 with probability 3/4: standard deviation 0.0058; seven of them.
  CHECK(std::abs(first.mean().item<double>() - 1) < 0.041);
  dropout.off();
  CHECK(at::equal(dropout(x), x));
  CHECK_THROWS_AS(Dropout(1.0, 0), std::invalid_argument);
}
