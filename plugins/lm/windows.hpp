// A text as the windows that a model scores: every token once, each window with as much context as
// its tokens before.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace lm {

/// A text's scored tokens, in order, and the windows whose tokens after the first they are.
struct Windowed {
  std::vector<std::vector<assay::text::Id>> windows;
  size_t context = 1;  // tokens that each window begins with, which are not scored
  std::vector<assay::text::Span> spans;  // of the scored tokens
  int64_t bytes = 0;                     // that they stand for
};

/// Windows of at most `length` >= 2 tokens. If the tokenizer begins a text with tokens of its own,
/// such as <s>, every window begins with them and all tokens of the text are scored; otherwise a
/// window begins with the last token of the one before, and the text's first token is not scored.
/// No window if nothing is. `special`: special tokens that the text spells are read as such.
Windowed windows_of(const assay::text::Tokenizer& tokenizer, const std::string& text,
                    int64_t length, bool special = false);

}  // namespace lm
