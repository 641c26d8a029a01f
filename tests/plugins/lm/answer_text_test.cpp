// The text of an answer and the strings that end it.
#include "plugins/common/lm/answer_text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace assay::lm;
using assay::text::Id;
using assay::text::Tokenizer;

namespace {

/// UTF-8 of a code point below 0x800.
std::string utf8(unsigned c) {
  if (c < 0x80) return {static_cast<char>(c)};
  return {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
}

/// Byte-level BPE over GPT-2's alphabet of bytes, with a few merges.
const Tokenizer& tokenizer() {
  static const Tokenizer one = [] {
    nlohmann::json vocabulary;
    unsigned next = 256;
    for (unsigned b = 0; b < 256; ++b) {
      const bool shown = (b > 32 && b < 127) || (b > 160 && b != 173);
      vocabulary[utf8(shown ? b : next++)] = b;
    }
    const std::vector<std::pair<std::string, std::string>> merges{
        {"t", "h"}, {"th", "e"}, {"a", "t"}, {"c", "at"}, {"e", "n"}, {"en", "d"}};
    auto list = nlohmann::json::array();
    for (const auto& [left, right] : merges) {
      vocabulary[left + right] = vocabulary.size();
      list.push_back(left + " " + right);
    }
    const nlohmann::json whole{
        {"version", "1.0"},
        {"added_tokens", nlohmann::json::array()},
        {"normalizer", nullptr},
        {"pre_tokenizer",
         {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", true}}},
        {"post_processor", nullptr},
        {"decoder", {{"type", "ByteLevel"}}},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
    return Tokenizer::from_json(whole.dump(), "a test");
  }();
  return one;
}

struct Grown {
  std::string text;
  size_t pushed = 0, kept = 0;
  bool stopped = false;
};

/// Pushes the tokens of `text` until something stops.
Grown grow(const std::string& text, const std::vector<std::string>& stops, size_t forced = 0) {
  AnswerText answer(&tokenizer(), stops);
  Grown out;
  for (const Id id : tokenizer().encode(text)) {
    if (out.pushed++ < forced) {
      answer.push_forced(id);
      continue;
    }
    if ((out.stopped = answer.push(id))) break;
  }
  if (!out.stopped) answer.finish();
  out.text = answer.text();
  out.kept = answer.kept();
  return out;
}

}  // namespace

TEST_CASE("a text without a stop string is what was generated") {
  const auto whole = grow("the cat sat", {"dog"});
  CHECK(!whole.stopped);
  CHECK(whole.text == "the cat sat");
  CHECK(whole.kept == whole.pushed);
}

TEST_CASE("a stop string cuts the text before it, wherever the tokens' borders are") {
  const std::string text = "the cat sat on the mat; qxz end";
  for (size_t begin = 0; begin < text.size(); ++begin)
    for (size_t length = 1; begin + length <= text.size(); ++length) {
      const auto stop = text.substr(begin, length);
      CAPTURE(stop);
      const auto cut = grow(text, {stop});
      CHECK(cut.stopped);
      CHECK(cut.text == text.substr(0, text.find(stop)));
      CHECK(cut.kept < cut.pushed);
    }
}

TEST_CASE("the first of several stop strings counts") {
  CHECK(grow("one two three", {"three", "two"}).text == "one ");
  CHECK(grow("one two three", {"e two", "two"}).text == "on");
}

TEST_CASE("a forced beginning is not searched") {
  const auto tokens = tokenizer().encode("the cat; ").size();
  const auto cut = grow("the cat; the mat; end", {"; "}, tokens);
  CHECK(cut.text == "the cat; the mat");
}

TEST_CASE("a character that is cut at the end of an answer becomes U+FFFD") {
  const std::vector<std::string> none;
  AnswerText answer(&tokenizer(), none);
  const auto ids = tokenizer().encode("\xE2\x82\xAC");  // the euro sign: three bytes, three tokens
  REQUIRE(ids.size() == 3);
  answer.push(ids[0]);
  answer.push(ids[1]);
  CHECK(answer.text().empty());
  answer.finish();
  CHECK(answer.text().find("\xEF\xBF\xBD") == 0);
}

TEST_CASE("without a tokenizer there is no text and nothing stops") {
  const std::vector<std::string> none;
  AnswerText answer(nullptr, none);
  CHECK(!answer.push(3));
  answer.finish();
  CHECK(answer.text().empty());
}
