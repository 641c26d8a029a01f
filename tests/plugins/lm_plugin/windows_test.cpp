// Every token of a text is scored once, whatever the windows.
#include "plugins/lm/windows.hpp"

#include <doctest/doctest.h>

using assay::text::Id;
using assay::text::Tokenizer;
using Windows = std::vector<std::vector<Id>>;

namespace {

/// a, b, c, and the two bytes of an e with an acute accent; <s> and </s> stand around a text if
/// `surrounded`.
Tokenizer letters(bool surrounded) {
  const std::string special =
      R"({"content": "<s>", "id": 5, "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false},
         {"content": "</s>", "id": 6, "special": true, "single_word": false, "lstrip": false,
          "rstrip": false, "normalized": false})";
  const std::string around = R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "</s>", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]},
                       "</s>": {"id": "</s>", "ids": [6], "tokens": ["</s>"]}}})";
  return Tokenizer::from_json(R"({"added_tokens": [)" + special + R"(],
          "post_processor": )" + (surrounded ? around : std::string("null")) +
                                  R"(,
          "model": {"type": "BPE", "byte_fallback": true, "merges": [],
                    "vocab": {"a": 0, "b": 1, "c": 2, "<0xC3>": 3, "<0xA9>": 4}}})",
                              "the test");
}

}  // namespace

TEST_CASE("a window begins with the last token of the one before") {
  const auto w = lm::windows_of(letters(false), "abcab", 3);
  CHECK(w.windows == Windows{{0, 1, 2}, {2, 0, 1}});
  CHECK(w.context == 1);
  CHECK((w.spans == std::vector<assay::text::Span>{{1, 2}, {2, 3}, {3, 4}, {4, 5}}));
  CHECK(w.bytes == 4);  // the first token is not scored
}

TEST_CASE("where a text begins with a token of the tokenizer's own, each window does") {
  const auto w = lm::windows_of(letters(true), "abcab", 3);
  CHECK(w.windows == Windows{{5, 0, 1}, {5, 2, 0}, {5, 1}});  // without </s>
  CHECK(w.context == 1);
  CHECK((w.spans == std::vector<assay::text::Span>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}}));
  CHECK(w.bytes == 5);
}

TEST_CASE("a text of exactly a window's length is one window, and one token more makes two") {
  CHECK(lm::windows_of(letters(false), "abc", 3).windows == Windows{{0, 1, 2}});
  CHECK(lm::windows_of(letters(false), "abca", 3).windows == Windows{{0, 1, 2}, {2, 0}});
  CHECK(lm::windows_of(letters(true), "ab", 3).windows == Windows{{5, 0, 1}});
  CHECK(lm::windows_of(letters(true), "abc", 3).windows == Windows{{5, 0, 1}, {5, 2}});
}

TEST_CASE("a text of one token is scored only after a beginning") {
  const auto plain = lm::windows_of(letters(false), "a", 8);
  CHECK(plain.windows.empty());
  CHECK(plain.spans.empty());
  CHECK(plain.bytes == 0);
  const auto begun = lm::windows_of(letters(true), "a", 8);
  CHECK(begun.windows == Windows{{5, 0}});
  CHECK(begun.bytes == 1);
}

TEST_CASE("an empty text has no window") {
  for (const bool surrounded : {false, true}) {
    CAPTURE(surrounded);
    const auto w = lm::windows_of(letters(surrounded), "", 8);
    CHECK(w.windows.empty());
    CHECK(w.bytes == 0);
  }
}

TEST_CASE("bytes of a character that is several tokens count once") {
  const std::string text = "a\xC3\xA9";  // three bytes, three tokens
  const auto plain = lm::windows_of(letters(false), text + "b", 8);
  CHECK(plain.windows == Windows{{0, 3, 4, 1}});
  CHECK(plain.bytes == 3);  // all but a
  CHECK(lm::windows_of(letters(true), text + "b", 8).bytes == 4);
  CHECK(lm::windows_of(letters(false), text, 2).bytes == 2);  // across a border of windows
}

TEST_CASE("windows of any length score the same tokens and bytes") {
  const std::string text =
      "abcabc\xC3\xA9"
      "bacab";
  for (const bool surrounded : {false, true})
    for (const int64_t length : {2, 3, 4, 7, 12, 13, 14, 100}) {
      CAPTURE(surrounded);
      CAPTURE(length);
      const auto w = lm::windows_of(letters(surrounded), text, length);
      std::vector<Id> scored;
      for (const auto& window : w.windows) {
        CHECK(static_cast<int64_t>(window.size()) <= length);
        scored.insert(scored.end(), window.begin() + static_cast<std::ptrdiff_t>(w.context),
                      window.end());
      }
      auto all = letters(false).encode(text);
      if (!surrounded) all.erase(all.begin());
      CHECK(scored == all);
      CHECK(w.spans.size() == scored.size());
      CHECK(w.bytes == static_cast<int64_t>(text.size()) - (surrounded ? 0 : 1));
    }
}
