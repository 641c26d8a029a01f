#include "plugins/common/text/scanner.hpp"
#include "plugins/common/text/unicode_classes.hpp"
#include "plugins/common/text/utf8.hpp"

#include <array>

namespace assay::text {

const char* const kGpt2Expression =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr uint8_t kBreak = 64;  // \r or \n, beside kSpace
constexpr uint8_t kClasses = kLetter | kNumber | kSpace;

/// Classes of ASCII: kLetter, kNumber, kSpace, kBreak.
constexpr std::array<uint8_t, 128> ascii_classes() {
  std::array<uint8_t, 128> classes{};
  for (size_t c = 0; c < 128; ++c) {
    if ((c | 32) >= 'a' && (c | 32) <= 'z') classes[c] = kLetter;
    if (c >= '0' && c <= '9') classes[c] = kNumber;
    if (c == ' ' || (c >= 9 && c <= 13)) classes[c] = kSpace;
    if (c == '\n' || c == '\r') classes[c] = kSpace | kBreak;
  }
  return classes;
}
constexpr auto kAscii = ascii_classes();

/// One pass over a text. A character is looked at as its class and its size in bytes.
class Pass {
 public:
  Pass(std::string_view text, const Scanner& scanner)
      : text_(text), classes_(unicode_classes()), scanner_(scanner) {}

  size_t word_end(size_t begin) const {
    return scanner_.family == Scanner::Family::gpt2 ? gpt2(begin) : llama3(begin);
  }

 private:
  struct Seen {
    uint8_t classes = 0;
    uint8_t size = 0;  // 0 at the end of the text
  };

  Seen at(size_t i) const {
    if (i >= text_.size()) return {0, 0};
    const auto first = static_cast<unsigned char>(text_[i]);
    if (first < 128) return {kAscii[first], 1};
    return {static_cast<uint8_t>(classes_.of(utf8_at(text_, i)) & kClasses),
            static_cast<uint8_t>(utf8_size(first))};
  }

  /// The end of the run of characters of these classes from `i` on.
  size_t run(size_t i, uint8_t classes) const {
    for (Seen seen = at(i); seen.classes & classes; seen = at(i)) i += seen.size;
    return i;
  }

  size_t run_of_others(size_t i) const {
    for (Seen seen = at(i); seen.size > 0 && seen.classes == 0; seen = at(i)) i += seen.size;
    return i;
  }

  size_t run_of_breaks(size_t i) const {
    while (i < text_.size() && (text_[i] == '\n' || text_[i] == '\r')) ++i;
    return i;
  }

  /// \s+(?!\S)|\s+ : spaces up to the last one before something else.
  size_t spaces(size_t begin) const {
    size_t last = begin, end = begin;
    for (Seen seen = at(end); seen.classes & kSpace; seen = at(end)) last = end, end += seen.size;
    return end == text_.size() || last == begin ? end : last;
  }

  /// The end of 's, 't, 're, 've, 'm, 'll or 'd at `begin`, an apostrophe; `begin` if none.
  size_t contraction(size_t begin, bool any_case) const {
    const auto letter = [&](size_t i) -> char {
      if (i >= text_.size()) return 0;
      const char c = text_[i];
      return any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    const char one = letter(begin + 1), two = letter(begin + 2);
    if (one == 's' || one == 't' || one == 'm' || one == 'd') return begin + 2;
    if ((one == 'r' && two == 'e') || (one == 'v' && two == 'e') || (one == 'l' && two == 'l')) {
      return begin + 3;
    }
    const bool long_s = any_case && text_.substr(begin + 1).starts_with("\xC5\xBF");
    return long_s ? begin + 3 : begin;
  }

  size_t gpt2(size_t begin) const {
    if (text_[begin] == '\'') {
      const size_t end = contraction(begin, false);
      if (end > begin) return end;
    }
    const size_t word = text_[begin] == ' ' ? begin + 1 : begin;
    const Seen seen = at(word);
    if (seen.classes & kLetter) return run(word + seen.size, kLetter);
    if (seen.classes & kNumber) return run(word + seen.size, kNumber);
    if (seen.size > 0 && !(seen.classes & kSpace)) return run_of_others(word + seen.size);
    return spaces(begin);
  }

  size_t llama3(size_t begin) const {
    if (text_[begin] == '\'') {
      const size_t end = contraction(begin, true);
      if (end > begin) return end;
    }
    const Seen first = at(begin);
    if (first.classes & kLetter) return run(begin + first.size, kLetter);
    if (first.classes & kNumber) return numbers(begin);
    const Seen second = at(begin + first.size);
    if (!(first.classes & kBreak) && second.classes & kLetter) {
      return run(begin + first.size + second.size, kLetter);
    }
    const size_t word = text_[begin] == ' ' ? begin + 1 : begin;
    const Seen other = word == begin ? first : second;
    if (other.size > 0 && other.classes == 0) return run_of_breaks(run_of_others(word));
    return lines_or_spaces(begin);
  }

  size_t numbers(size_t i) const {
    for (int count = 0; count < scanner_.digits; ++count) {
      const Seen seen = at(i);
      if (!(seen.classes & kNumber)) break;
      i += seen.size;
    }
    return i;
  }

  /// \s*[\r\n]+|\s+(?!\S)|\s+ : through the last line break of the spaces, if they have one.
  size_t lines_or_spaces(size_t begin) const {
    size_t after_break = begin;
    size_t end = begin;
    for (Seen seen = at(end); seen.classes & kSpace; seen = at(end)) {
      end += seen.size;
      if (seen.classes & kBreak) after_break = end;
    }
    return after_break > begin ? after_break : spaces(begin);
  }

  std::string_view text_;
  const UnicodeClasses& classes_;
  const Scanner& scanner_;
};

}  // namespace

void Scanner::scan(std::string_view text, Range range, std::vector<Range>& words) const {
  const std::string_view part = text.substr(range.begin, range.end - range.begin);
  const Pass pass(part, *this);
  for (size_t begin = 0; begin < part.size();) {
    const size_t end = pass.word_end(begin);
    words.push_back(
        {range.begin + static_cast<uint32_t>(begin), range.begin + static_cast<uint32_t>(end)});
    begin = end;
  }
}

std::optional<Scanner> known_scanner(std::string_view expression) {
  using enum Scanner::Family;
  struct Known {
    std::string_view expression;
    Scanner scanner;
  };
  static const Known known[] = {
      {kGpt2Expression, {gpt2, 0}},
      {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
       R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
       {llama3, 3}},
      {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
       R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
       {llama3, 1}},
      {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|)"
       R"( ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
       {llama3, 3}},
  };
  for (const Known& one : known) {
    if (one.expression == expression) return one.scanner;
  }
  return std::nullopt;
}

}  // namespace assay::text
