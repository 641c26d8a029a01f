#include "plugins/common/lm/heads.hpp"
#include "plugins/common/lm/sentence_encoder.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <assay/plugin.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace assay::lm;

namespace {

/// Words between [CLS] (2) and [SEP] (3); "a" to "e" are 4 to 8, all else [UNK] (1).
assay::text::Tokenizer tokenizer() {
  return assay::text::Tokenizer::from_json(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 1, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true},
      {"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}],
    "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1,
      "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5, "c": 6, "d": 7, "e": 8}}})",
                                           "a test");
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a text too long loses its last own tokens and keeps the special ones") {
  const auto words = tokenizer();
  const Texts texts{"a b c d e", "a", ""};
  const auto ids = sentence_ids(words, texts, 4);
  CHECK(ids[0] == std::vector<assay::text::Id>{2, 4, 5, 3});
  CHECK(ids[1] == std::vector<assay::text::Id>{2, 4, 3});
  CHECK(ids[2] == std::vector<assay::text::Id>{2, 3});
  CHECK_THROWS_WITH_AS(sentence_ids(words, texts, 2),
                       "a limit of 2 tokens leaves none for a text between the 2 that the "
                       "tokenizer puts around it",
                       std::invalid_argument);
}

TEST_CASE("a text's vector is the mean of its own states, whatever stands beside it") {
  const auto model = tiny::model("bert");
  const auto words = tokenizer();
  const Texts texts{"a b c d", "e", "b b", "d c b a e e", ""};
  const auto mine = embed(*model, words, texts, {.normalise = false, .rows = 9});
  REQUIRE(mine.sizes() == at::IntArrayRef{5, 16});
  const std::vector<std::vector<int64_t>> ids{
      {2, 4, 5, 6, 7, 3}, {2, 8, 3}, {2, 5, 5, 3}, {2, 7, 6, 5, 4, 8, 8, 3}, {2, 3}};
  for (size_t i = 0; i < ids.size(); ++i) {
    CAPTURE(i);
    const auto alone = tiny::hidden(*model, rows_of({ids[i]})).mean(0);
    CHECK(tiny::apart(mine[static_cast<int64_t>(i)], alone) < 1e-5);  // rounding of numbers near 1
  }
  const auto unit = embed(*model, words, texts);
  CHECK(tiny::apart(unit, normalised(mine)) < 1e-5);
  CHECK(embed(*model, words, Texts{}).sizes() == at::IntArrayRef{0, 16});
}

TEST_CASE("embedding ends when it is told to") {
  const auto model = tiny::model("bert");
  const Texts texts{"a b", "b c", "c d"};
  int64_t last = 0;
  const auto go_on = [&](int64_t done) {
    last = done;
    return done < 2;
  };
  CHECK_THROWS_AS(embed(*model, tokenizer(), texts, {.rows = 4}, go_on), assay::Error);
  CHECK(last == 2);
}
