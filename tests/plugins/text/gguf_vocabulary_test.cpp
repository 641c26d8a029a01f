// Vocabularies of GGUF files: what is made of their lists, and what is refused.
#include "plugins/common/text/tokenizer.hpp"
#include "tests/plugins/text/metadata_of.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

using namespace assay::text;
using made::Metadata;
using Ids = std::vector<Id>;

namespace {

const std::string kMark = "\xE2\x96\x81";  // SentencePiece's blank

/// Tokens 0-2 are <unk>, <s>, </s>; scores are the order of merging.
Metadata scored() {
  Metadata metadata;
  metadata.text("tokenizer.ggml.model", "llama");
  metadata.texts("tokenizer.ggml.tokens",
                 {"<unk>", "<s>", "</s>", kMark, "a", "b", "c", "bc", "ab", "abc", kMark + "a"});
  metadata.ints("tokenizer.ggml.token_type", {2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1});
  metadata.floats("tokenizer.ggml.scores", {0, 0, 0, -9, -9, -9, -9, -1, -2, -3, -4});
  return metadata;
}

Metadata byte_level(const std::string& pre) {
  Metadata metadata;
  metadata.text("tokenizer.ggml.model", "gpt2");
  metadata.text("tokenizer.ggml.pre", pre);
  metadata.texts("tokenizer.ggml.tokens",
                 {"<|end|>", "a", "b", "1", "2", "ab", "12", "\xC4\xA0", "<user>"});
  metadata.ints("tokenizer.ggml.token_type", {3, 1, 1, 1, 1, 1, 1, 1, 4});
  metadata.texts("tokenizer.ggml.merges", {"a b", "1 2"});
  metadata.id("tokenizer.ggml.eos_token_id", 0);
  return metadata;
}

Ids encoded(const Metadata& metadata, const std::string& text) {
  return Tokenizer::from_gguf(metadata.made()).encode(text);
}

std::string complaint(const Metadata& metadata) {
  try {
    Tokenizer::from_gguf(metadata.made());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& complaint, const std::string& part) {
  INFO(complaint);
  return complaint.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the best score is merged first, wherever it stands") {
  CHECK(encoded(scored(), "cab") == Ids{1, 3, 6, 8});   // <s> ▁ c ab
  CHECK(encoded(scored(), "cabc") == Ids{1, 3, 6, 9});  // a + bc are abc
  CHECK(encoded(scored(), "a bca") == Ids{1, 10, 3, 7, 4});
}

TEST_CASE("a blank is put before the text unless the file says no, and <s> likewise") {
  Metadata metadata = scored();
  metadata.boolean("tokenizer.ggml.add_space_prefix", false);
  CHECK(encoded(metadata, "a") == Ids{1, 4});
  metadata.boolean("tokenizer.ggml.add_bos_token", false);
  metadata.boolean("tokenizer.ggml.add_eos_token", true);
  CHECK(encoded(metadata, "a") == Ids{4, 2});
  CHECK(Tokenizer::from_gguf(scored().made()).decode(Ids{10, 7}) == "abc");
}

TEST_CASE("what has no token is unknown, once for a run; with byte tokens it is its bytes") {
  CHECK(encoded(scored(), "axyb") == Ids{1, 10, 0, 5});
  Metadata metadata = scored();
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>", kMark, "a"};
  std::vector<int32_t> types = {2, 3, 3, 1, 1};
  for (int byte = 0; byte < 256; ++byte) {
    const std::string digits = "0123456789ABCDEF";
    tokens.push_back(std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">");
    types.push_back(6);
  }
  metadata.texts("tokenizer.ggml.tokens", tokens);
  metadata.ints("tokenizer.ggml.token_type", types);
  metadata.floats("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0));
  CHECK(encoded(metadata, "a\xC3\xA9") == Ids{1, 3, 4, 5 + 0xC3, 5 + 0xA9});
  tokens.pop_back();
  metadata.texts("tokenizer.ggml.tokens", tokens);
  types.pop_back();
  metadata.ints("tokenizer.ggml.token_type", types);
  metadata.floats("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0));
  CHECK(says(complaint(metadata), "has byte tokens, but no <0xFF>"));
}

TEST_CASE("tokenizer.ggml.pre says how text is cut") {
  CHECK(encoded(byte_level("gpt-2"), "ab12") == Ids{5, 6});
  CHECK(encoded(byte_level("smollm"), "ab12") == Ids{5, 3, 4});
  CHECK(encoded(byte_level("qwen2"), "ab12") == Ids{5, 3, 4});
  CHECK(encoded(byte_level("default"), "ab12") == Ids{5, 6});
  CHECK(says(complaint(byte_level("chameleon")),
             "tokenizer.ggml.pre \"chameleon\" is not supported; supported are: default, "));
}

TEST_CASE("control tokens are special, those that users defined are found in any text") {
  const Metadata metadata = byte_level("gpt-2");
  const Tokenizer tokenizer = Tokenizer::from_gguf(metadata.made());
  CHECK(tokenizer.encode("a<user>b") == Ids{1, 8, 2});
  CHECK(tokenizer.encode("a<|end|>", {.parse_special = true}) == Ids{1, 0});
  CHECK(tokenizer.is_special(0));
  CHECK(!tokenizer.is_special(8));
  CHECK(tokenizer.eos() == 0);
  CHECK(tokenizer.bos() == -1);
  CHECK(tokenizer.size() == 9);
}

TEST_CASE("a vocabulary that contradicts itself is one sentence") {
  Metadata metadata = byte_level("gpt-2");
  metadata.ints("tokenizer.ggml.token_type", {3, 1});
  CHECK(says(complaint(metadata), "tokenizer.ggml.token_type has 2 entries for 9 tokens"));
  metadata.ints("tokenizer.ggml.token_type", {3, 1, 1, 1, 1, 1, 1, 1, 7});
  CHECK(says(complaint(metadata), "made.gguf: token 8 has the type 7; types are 1 to 6"));

  metadata = byte_level("gpt-2");
  metadata.texts("tokenizer.ggml.merges", {"a b", "ab"});
  CHECK(says(complaint(metadata), "merge 1 of tokenizer.ggml.merges, \"ab\", is not two tokens"));
  metadata.texts("tokenizer.ggml.merges", {"a z"});
  CHECK(says(complaint(metadata), "z"));

  metadata = byte_level("gpt-2");
  metadata.id("tokenizer.ggml.eos_token_id", 9);
  CHECK(says(complaint(metadata), "tokenizer.ggml.eos_token_id is 9; the vocabulary has 9 tokens"));
  metadata = byte_level("gpt-2");
  metadata.boolean("tokenizer.ggml.add_bos_token", true);
  CHECK(says(complaint(metadata), "add_bos_token is true, but there is no bos_token"));
  metadata.text("tokenizer.ggml.model", "t5");
  CHECK(says(complaint(metadata), "\"t5\" is not supported; supported are: gpt2, llama"));

  metadata = scored();
  metadata.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "a"});
  metadata.drop("tokenizer.ggml.token_type");
  metadata.floats("tokenizer.ggml.scores", {0, 0, 0, 0, 0});
  CHECK(says(complaint(metadata), "tokens 3 and 4 are both \"a\""));
  metadata.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "b\xFF"});
  CHECK(says(complaint(metadata), "token 4 is no UTF-8 at its byte 1"));
  metadata.texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "b"});
  metadata.floats("tokenizer.ggml.scores", {0, 0, 0, 0, std::stof("nan")});
  CHECK(says(complaint(metadata), "token 4 has a score that is not finite"));
  metadata.drop("tokenizer.ggml.scores");
  CHECK(says(complaint(metadata), "made.gguf"));
  CHECK(says(complaint(metadata), "tokenizer.ggml.scores"));
}

TEST_CASE("the tokenizer of a GGUF file can be written and read as tokenizer.json") {
  for (const Metadata& metadata : {scored(), byte_level("llama-bpe")}) {
    const Tokenizer tokenizer = Tokenizer::from_gguf(metadata.made());
    const Tokenizer again = Tokenizer::from_json(tokenizer.to_json(), "again");
    for (const char* text : {"ab 12 cabc", "<user>abc", ""}) {
      CAPTURE(text);
      CHECK(again.encode(text) == tokenizer.encode(text));
    }
  }
}
