// The expressions that published byte-level tokenizers cut text with, written out by hand: each
// gives exactly the matches of the expression, which cover the whole text.
#pragma once
#include "plugins/common/text/aligned_text.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace assay::text {

struct Scanner {
  enum class Family {
    gpt2,  // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|
    //  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
    llama3,
  };
  Family family = Family::gpt2;
  int digits = 0;  // the most numbers in one word

  /// Appends the words of text[range.begin, range.end) as if it stood alone.
  void scan(std::string_view text, Range range, std::vector<Range>& words) const;
};

/// The scanner of an expression; nothing if it is not one of those known: GPT-2's (NeoX's and
/// SmolLM2's too), Llama-3's, Qwen2's, cl100k's.
std::optional<Scanner> known_scanner(std::string_view expression);

/// GPT-2's expression as tokenizer.json files spell it.
extern const char* const kGpt2Expression;

}  // namespace assay::text
