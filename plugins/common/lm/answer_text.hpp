// The text of an answer while it grows, and the strings that end it, wherever the borders between
// tokens are.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::lm {

class AnswerText {
 public:
  /// Both outlive it. Without a tokenizer there is no text, and nothing stops.
  AnswerText(const text::Tokenizer* tokenizer, const std::vector<std::string>& stops);

  /// Adds a token. Whether a stop string is complete: the text is then cut before the first one.
  bool push(text::Id id);
  /// Adds a token that the request gave; no stop string begins in it.
  void push_forced(text::Id id);
  /// Adds what was held back of a cut UTF-8 character.
  void finish();

  const std::string& text() const { return text_; }
  /// Tokens whose text lies before the cut.
  size_t kept() const;

 private:
  std::optional<text::StreamDecoder> decoder_;
  const std::vector<std::string>& stops_;
  std::string text_;
  size_t searched_ = 0;       // no stop string begins before
  std::vector<size_t> ends_;  // of each token in the text
};

}  // namespace assay::lm
