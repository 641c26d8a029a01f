#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/trainable.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

TEST_CASE("only parameters whose name matches receive a gradient") {
  const auto model = tiny::model("bert");
  // Two layers' query weights and biases: 2 (16 16 + 16).
  CHECK(train_only(*model, "layer\\.\\d+\\.attention\\.self\\.query") == 2 * 272);
  tiny::logits(*model, tiny::rows()).pow(2).sum().backward();
  for (const auto& [name, tensor] : model->parameters()) {
    CAPTURE(name);
    CHECK(tensor.grad().defined() == (name.find("query") != std::string::npos));
  }
  CHECK(train_only(*model, "^bert\\.embeddings\\.word_embeddings\\.weight$") == 50 * 16);
  CHECK_FALSE(model->linears()[0]->weight.requires_grad());
}

TEST_CASE("an expression that matches nothing names what is nearest") {
  const auto model = tiny::model("bert");
  CHECK_THROWS_WITH_AS(train_only(*model, "self.qurey"),
                       doctest::Contains("\"self.qurey\" matches no parameter of the model, whose "
                                         "nearest are bert.encoder.layer.0.attention.self.query."),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(chosen_linears(*model, "lm_head"),
                       doctest::Contains("\"lm_head\" matches no linear layer of the model"),
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(train_only(*model, "layer.(0"),
                       doctest::Contains("\"layer.(0\" is no regular expression"),
                       std::invalid_argument);
}
