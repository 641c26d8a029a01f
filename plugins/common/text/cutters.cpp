#include "plugins/common/text/cutter.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pattern.hpp"
#include "plugins/common/text/scanner.hpp"
#include "plugins/common/text/unicode_classes.hpp"
#include "plugins/common/text/utf8.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

class ScannerCutter : public Cutter {
 public:
  explicit ScannerCutter(Scanner scanner) : scanner_(scanner) {}
  void cut(std::string_view text, Range range, std::vector<Range>& words) const override {
    scanner_.scan(text, range, words);
  }

 private:
  Scanner scanner_;
};

class PatternCutter : public Cutter {
 public:
  PatternCutter(Pattern pattern, Behavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}
  void cut(std::string_view text, Range range, std::vector<Range>& words) const override {
    std::vector<Range> matches;
    pattern_.find(text.substr(range.begin, range.end - range.begin), matches);
    for (Range& match : matches) match.begin += range.begin, match.end += range.begin;
    split_at(range, matches, behavior_, invert_, words);
  }

 private:
  Pattern pattern_;
  Behavior behavior_;
  bool invert_;
};

/// Cuts at single characters of some classes, each a match.
class ClassCutter : public Cutter {
 public:
  ClassCutter(uint8_t classes, Behavior behavior) : classes_(classes), behavior_(behavior) {}
  void cut(std::string_view text, Range range, std::vector<Range>& words) const override {
    const UnicodeClasses& table = unicode_classes();
    std::vector<Range> matches;
    for (uint32_t at = range.begin; at < range.end;) {
      const char32_t c = utf8_at(text, at);
      const uint32_t size = utf8_size(static_cast<unsigned char>(text[at]));
      const bool ascii_symbol = c < 128 && c > ' ' && c != 127 && !(table.of(c) & kAlphanumeric);
      const bool matched = table.of(c) & classes_ || (classes_ & kPunctuation && ascii_symbol);
      if (matched) matches.push_back({at, at + size});
      at += size;
    }
    if (matches.empty()) return words.push_back(range);
    split_at(range, matches, behavior_, false, words);
  }

 private:
  static constexpr uint8_t kAlphanumeric = kLetter | kNumber;
  uint8_t classes_;
  Behavior behavior_;
};

/// \w+|[^\w\s]+ : runs of word characters, and of what is neither that nor space.
class WhitespaceCutter : public Cutter {
 public:
  void cut(std::string_view text, Range range, std::vector<Range>& words) const override {
    const UnicodeClasses& table = unicode_classes();
    constexpr uint8_t kOther = 0;
    uint8_t before = kSpace;
    for (uint32_t at = range.begin; at < range.end;) {
      const uint8_t classes = table.of(utf8_at(text, at));
      const uint32_t size = utf8_size(static_cast<unsigned char>(text[at]));
      const uint8_t now = classes & kWordCharacter ? kWordCharacter
                          : classes & kSpace       ? kSpace
                                                   : kOther;
      if (now != kSpace && now != before) words.push_back({at, at});
      if (now != kSpace) words.back().end = at + size;
      before = now;
      at += size;
    }
  }
};

/// White space is dropped; then each punctuation mark stands alone.
class BertCutter : public Cutter {
 public:
  void cut(std::string_view text, Range range, std::vector<Range>& words) const override {
    std::vector<Range> between;
    spaces_.cut(text, range, between);
    for (const Range word : between) marks_.cut(text, word, words);
  }

 private:
  ClassCutter spaces_{kSpace, Behavior::removed};
  ClassCutter marks_{kPunctuation, Behavior::isolated};
};

std::unique_ptr<Cutter> make_split(const nlohmann::json& json) {
  const Behavior behavior = behavior_field(json, "behavior", "Isolated");
  const bool invert = bool_field(json, "invert", false);
  const nlohmann::json& pattern = field(json, "pattern");
  const bool matches_are_words = invert ? behavior == Behavior::removed  //
                                        : behavior == Behavior::isolated;
  if (matches_are_words && pattern.is_object() && pattern.contains("Regex")) {
    const auto scanner = known_scanner(string_field(pattern, "Regex", ""));
    if (scanner) return std::make_unique<ScannerCutter>(*scanner);
  }
  if (pattern.is_null()) throw std::invalid_argument("the pre_tokenizer \"Split\" has no pattern");
  return std::make_unique<PatternCutter>(Pattern(pattern), behavior, invert);
}

}  // namespace

std::unique_ptr<Cutter> make_expression_cutter(const std::string& expression) {
  if (const auto scanner = known_scanner(expression)) {
    return std::make_unique<ScannerCutter>(*scanner);
  }
  return std::make_unique<PatternCutter>(Pattern({{"Regex", expression}}), Behavior::isolated,
                                         false);
}

std::unique_ptr<Cutter> make_cutter(const nlohmann::json& json) {
  const std::string type = type_field(json, "pre_tokenizer");
  if (type == "Split") return make_split(json);
  if (type == "Digits") {
    return std::make_unique<ClassCutter>(kNumber, bool_field(json, "individual_digits", false)
                                                      ? Behavior::isolated
                                                      : Behavior::contiguous);
  }
  if (type == "Punctuation") {
    return std::make_unique<ClassCutter>(kPunctuation,
                                         behavior_field(json, "behavior", "Isolated"));
  }
  if (type == "Whitespace") return std::make_unique<WhitespaceCutter>();
  if (type == "WhitespaceSplit") return std::make_unique<ClassCutter>(kSpace, Behavior::removed);
  if (type == "BertPreTokenizer") return std::make_unique<BertCutter>();
  if (type == "CharDelimiterSplit") {
    const nlohmann::json pattern = {{"String", string_field(json, "delimiter", "")}};
    return std::make_unique<PatternCutter>(Pattern(pattern), Behavior::removed, false);
  }
  return nullptr;
}

}  // namespace assay::text
