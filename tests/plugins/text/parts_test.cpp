// What surrounds a model: normalisers and their spans, post-processors, decoders; what is refused.
// Parity with PyPI `tokenizers` is in the Python tests beside.
#include "plugins/common/text/normal_forms.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/spaces.hpp"
#include "plugins/common/text/tokenizer_state.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

using namespace assay::text;
using nlohmann::json;

namespace {

AlignedText normalised(const std::string& text, const json& normalizer) {
  AlignedText aligned(text, 0, true);
  make_normalizer(normalizer)->apply(aligned);
  return aligned;
}

Vocabulary words() { return Vocabulary(json{{"[UNK]", 0}, {"ab", 1}, {"##c", 2}, {"[CLS]", 3}}); }

std::vector<Id> ids(const TokenModel& model, const std::string& word) {
  std::vector<Token> tokens;
  model.tokenize(word, tokens);
  std::vector<Id> found;
  for (const Token& token : tokens) found.push_back(token.id);
  return found;
}

template <typename Function>
std::string complaint(Function function) {
  try {
    function();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

json nested(const char* type, const char* key, json inner) {
  return {{"type", type}, {key, json::array({std::move(inner)})}};
}

}  // namespace

TEST_CASE("a composed character comes from the first of those that it is made of") {
  const AlignedText text = normalised("xe\xCC\x81y", {{"type", "NFC"}});  // e, U+0301
  CHECK(text.text() == "x\xC3\xA9y");
  CHECK(text.original(1, 3) == Span{1, 2});
  CHECK(text.original(3, 4) == Span{4, 5});
}

TEST_CASE("every character of a decomposition comes from what was decomposed") {
  const AlignedText text = normalised("\xEF\xAC\x81", {{"type", "NFKD"}});  // the ligature fi
  CHECK(text.text() == "fi");
  CHECK(text.original(0, 1) == Span{0, 3});
  CHECK(text.original(1, 2) == Span{0, 3});
}

TEST_CASE("BERT's accents are stripped where letters are lowered, unless the file says otherwise") {
  const std::string text = "\xC3\x89";  // E with an acute accent
  const auto bert = [&](const json& fields) {
    json object = fields;
    object["type"] = "BertNormalizer";
    return normalised(text, object).text();
  };
  CHECK(bert({{"lowercase", true}, {"strip_accents", nullptr}}) == "e");
  CHECK(bert({{"lowercase", false}, {"strip_accents", nullptr}}) == text);
  CHECK(bert({{"lowercase", true}, {"strip_accents", false}}) == "\xC3\xA9");
  CHECK(bert({{"lowercase", false}, {"strip_accents", true}}) == "E");
}

TEST_CASE("a word piece goes on with the prefix; a word with a part that is none is unknown") {
  const Vocabulary vocabulary = words();
  const auto model = make_word_piece({{"max_input_chars_per_word", 4}}, vocabulary);
  CHECK(ids(*model, "abc") == std::vector<Id>{1, 2});
  CHECK(ids(*model, "abcc") == std::vector<Id>{1, 2, 2});
  CHECK(ids(*model, "abccc") == std::vector<Id>{0});  // five characters
  CHECK(ids(*model, "abd") == std::vector<Id>{0});
  CHECK(ids(*model, "c") == std::vector<Id>{0});
  const auto lost = make_word_piece({{"unk_token", "<none>"}}, vocabulary);
  CHECK(complaint([&] { ids(*lost, "zzz"); }) ==
        "no token for the word \"zzz\", and none for unknown words");
}

TEST_CASE("special tokens stand around a text, without spans, if they are asked for") {
  const Vocabulary vocabulary = words();
  const auto processor = make_post_processor(
      {{"type", "BertProcessing"}, {"cls", {"[CLS]", 3}}, {"sep", {"[UNK]", 0}}}, vocabulary);
  Encoding encoding{{1, 2}, {{0, 2}, {2, 3}}};
  processor->apply(encoding, "abc", false);
  CHECK(encoding.ids == std::vector<Id>{1, 2});
  processor->apply(encoding, "abc", true);
  CHECK(encoding.ids == std::vector<Id>{3, 1, 2, 0});
  CHECK(encoding.spans == std::vector<Span>{{0, 0}, {0, 2}, {2, 3}, {0, 0}});
}

TEST_CASE("blanks before punctuation go from a whole text, and from WordPiece's tokens") {
  CHECK(without_stray_spaces("it 's , he said . do not !") == "it's, he said. do not!");
  CHECK(without_stray_spaces(" do not", true) == " don't");
  CHECK(without_stray_spaces("a ' b") == "a'b");
}

TEST_CASE("clean_up_tokenization_spaces is obeyed when decoding, but for BPE") {
  const auto decoded = [](const json& model) {
    TokenizerDocument document{{{"model", model}}, {{"clean_up_tokenization_spaces", true}}};
    return make_tokenizer(std::move(document), "f").decode(std::vector<Id>{0, 1, 2});
  };
  const json vocab = {{"a", 0}, {"'", 1}, {"t", 2}};
  CHECK(decoded({{"type", "WordLevel"}, {"unk_token", "a"}, {"vocab", vocab}}) == "a't");
  CHECK(decoded({{"type", "BPE"}, {"vocab", vocab}, {"merges", json::array()}}) == "a ' t");
}

TEST_CASE("a part that is not supported, or not whole, is one sentence") {
  const Vocabulary vocabulary = words();
  const auto post = [&](const json& object) {
    return complaint([&] { make_post_processor(object, vocabulary); });
  };
  const json once = {{"Sequence", {{"id", "A"}}}};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {complaint([] {
         make_normalizer({{"type", "Precompiled"}});
       }),
       "normalizer \"Precompiled\" is not supported"},
      {complaint([] {
         make_normalizer({{"type", "Sequence"}});
       }),
       "\"Sequence\" has no list"},
      {complaint([] { make_normalizer(json::array()); }), "an object with \"type\" was expected"},
      {complaint([] {
         make_decoder({{"type", "CTC"}});
       }),
       "decoder \"CTC\" is not supported"},
      {complaint([] {
         make_decoder({{"type", "Strip"}, {"start", -1}});
       }),
       "is not a count"},
      {post({{"type", "TemplateProcessing"}, {"single", json::array({once, once})}}),
       "with sequence A once"},
      {post({{"type", "TemplateProcessing"},
             {"single", json::array({json{{"SpecialToken", {{"id", "[CLS]"}}}}, once})}}),
       "does not say which ids \"[CLS]\" has"},
      {post({{"type", "BertProcessing"}, {"cls", {"[CLS]", 9}}, {"sep", {"[UNK]", 0}}}),
       "adds the id 9, which the vocabulary does not have"},
      {post({{"type", "BertProcessing"}}), "\"cls\" is not a token and its id"},
      {complaint([&] {
         make_word_piece({{"max_input_chars_per_word", -1}}, vocabulary);
       }),
       "\"max_input_chars_per_word\" is -1"}};
  for (const auto& [got, part] : cases) {
    CAPTURE(got);
    CHECK(got.find(part) != std::string::npos);
  }
}

TEST_CASE("sequences in sequences are refused where they nest too deeply") {
  json normalizer = {{"type", "NFC"}}, decoder = {{"type", "Fuse"}};
  json processor = {{"type", "ByteLevel"}};
  for (int i = 0; i < 20; ++i) {
    normalizer = nested("Sequence", "normalizers", normalizer);
    decoder = nested("Sequence", "decoders", decoder);
    processor = nested("Sequence", "processors", processor);
  }
  const std::string deep = "nest too deeply";
  CHECK(complaint([&] { make_normalizer(normalizer); }).ends_with(deep));
  CHECK(complaint([&] { make_decoder(decoder); }).ends_with(deep));
  CHECK(complaint([&] { make_post_processor(processor, Vocabulary()); }).ends_with(deep));
}
