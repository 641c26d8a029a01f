#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace assay::lm;

namespace {

/// The parameters of a model under other names, as an older file has them.
class OldNames final : public Source {
 public:
  OldNames(const Model& model, bool bare) {
    for (auto [name, tensor] : model.parameters()) {
      const auto end = [&](const std::string& now, const std::string& old) {
        if (name.ends_with("LayerNorm." + now))
          name = name.substr(0, name.size() - now.size()) + old;
      };
      end("weight", "gamma");
      end("bias", "beta");
      if (bare && name.starts_with("bert.")) name = name.substr(5);
      if (bare && (name.starts_with("cls.") || name.starts_with("pooler."))) continue;
      tensors_[name] = tensor;
    }
  }
  at::Tensor get(const std::string& name, at::IntArrayRef, Init) override {
    return tensors_.at(name);
  }
  bool has(const std::string& name) const override { return tensors_.count(name) > 0; }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

}  // namespace

TEST_CASE("an encoder's row depends on every token of its sequence and on none of another") {
  for (const std::string architecture : {"bert", "roberta"}) {
    CAPTURE(architecture);
    const auto model = tiny::model(architecture);
    const auto before = tiny::hidden(*model, tiny::rows());
    auto rows = tiny::rows();
    rows.ids[4] = 40;  // the last token of the first sequence
    const auto after = tiny::hidden(*model, rows);
    CHECK(tiny::apart(before[0], after[0]) > 1e-3);
    CHECK(at::equal(before.narrow(0, 5, 7), after.narrow(0, 5, 7)));
  }
}

TEST_CASE("BERT has the parameters that were counted by hand") {
  // Embeddings (50 + 40 + 2) 16 + 32 = 1504; a layer 4 (16 16 + 16) + 32 + 16 24 + 24 + 24 16 + 16
  // + 32 = 1960; pooler 272; masked head 272 + 32 + 50 = 354, tied.
  int64_t count = 0;
  for (const auto& [name, tensor] : tiny::model("bert")->parameters()) count += tensor.numel();
  CHECK(count == 1504 + 2 * 1960 + 272 + 354);
}

TEST_CASE("BERT reads gamma and beta, and weights without a prefix and without heads") {
  const auto model = tiny::model("bert");
  OldNames prefixed(*model, false), bare(*model, true);
  const auto same = make_model(tiny::config("bert"), prefixed);
  CHECK(at::equal(tiny::logits(*same, tiny::rows()), tiny::logits(*model, tiny::rows())));
  CHECK(same->parameters().front().first == "bert.embeddings.word_embeddings.weight");
  CHECK(same->parameters()[3].first == "bert.embeddings.LayerNorm.weight");

  const auto encoder = make_model(tiny::config("bert"), bare);
  CHECK(encoder->parameters().front().first == "embeddings.word_embeddings.weight");
  CHECK(at::equal(tiny::hidden(*encoder, tiny::rows()), tiny::hidden(*model, tiny::rows())));
  CHECK_THROWS_WITH_AS(tiny::logits(*encoder, tiny::rows()),
                       "these weights of the architecture \"bert\" have no language-model head, so "
                       "there are no logits",
                       std::invalid_argument);
}

TEST_CASE("a token's type changes BERT's states, and a type without a row is named") {
  const auto model = tiny::model("bert");
  auto rows = tiny::rows();
  const auto untyped = tiny::hidden(*model, rows);
  rows.types = at::zeros({12}, at::kLong);
  CHECK(at::equal(tiny::hidden(*model, rows), untyped));
  rows.types[3] = 1;
  CHECK(tiny::apart(tiny::hidden(*model, rows), untyped) > 1e-3);
  rows.types[3] = 2;
  CHECK_THROWS_WITH_AS(tiny::hidden(*model, rows),
                       "token type 2 is outside the model's table, which has rows 0 to 1",
                       std::invalid_argument);
}

TEST_CASE("RoBERTa's positions begin after the padding id and pass over padding") {
  const auto model = tiny::model("roberta");
  const auto& table = model->parameters()[1];
  REQUIRE(table.first == "roberta.embeddings.position_embeddings.weight");
  table.second.requires_grad_(true);
  // Which rows of the table receive a gradient are the positions in use.
  const auto used = [&](const Rows& rows) {
    const auto loss = tiny::hidden(*model, rows).pow(3).sum();
    const auto g = torch::autograd::grad({loss}, {table.second})[0];
    return g.abs().sum(1).gt(0).nonzero().squeeze(1);
  };
  CHECK(at::equal(used(rows_of({{5, 6, 7}})), at::tensor({2, 3, 4}, at::kLong)));
  // Ids 5 pad 7 pad: positions 2, 1, 3, 1.
  CHECK(at::equal(used(rows_of({{5, 1, 7, 1}})), at::tensor({1, 2, 3}, at::kLong)));
  // The count begins anew in each sequence.
  CHECK(at::equal(used(rows_of({{5, 1, 7}, {8, 9}})), at::tensor({1, 2, 3}, at::kLong)));
}

TEST_CASE("given embeddings, RoBERTa counts every row") {
  const auto model = tiny::model("roberta");
  auto rows = rows_of({{5, 1, 7}});
  const auto by_ids = tiny::hidden(*model, rows);
  rows.embeddings = model->embedding().index_select(0, rows.ids);
  const auto by_embeddings = tiny::hidden(*model, rows);
  CHECK(tiny::apart(by_ids, by_embeddings) > 1e-3);  // positions 2, 1, 3 against 2, 3, 4
  auto other = rows_of({{5, 8, 7}});
  other.embeddings = rows.embeddings;
  CHECK(at::equal(tiny::hidden(*model, other), by_embeddings));
}

TEST_CASE("a sequence longer than an encoder's table of positions is named") {
  const auto model = tiny::model("roberta");
  const auto rows = rows_of({std::vector<int64_t>(41, 5)});  // positions 2 .. 42
  CHECK_THROWS_WITH_AS(tiny::hidden(*model, rows),
                       "position 42 is outside the model's table, which has rows 0 to 41",
                       std::invalid_argument);
}
