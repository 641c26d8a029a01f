#include "plugins/common/text/tokenizer.hpp"

#include <span>

namespace assay::text {

namespace {

/// Ids that make no character for this long never will.
constexpr size_t kMostHeld = 64;

}  // namespace

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, bool skip_special)
    : tokenizer_(tokenizer), skip_special_(skip_special) {}

std::string StreamDecoder::push(Id id) {
  if (!tokenizer_.has(id) || (skip_special_ && tokenizer_.is_special(id))) return "";
  ids_.push_back(id);
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  const bool open = text.ends_with("\xEF\xBF\xBD") || text.size() <= sent_.size();
  if (open && ids_.size() - known_ < kMostHeld) return "";
  std::string added = added_by(text);
  // Decoders treat the first token apart: what was given out before stays in front of what comes.
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<ptrdiff_t>(known_));
  known_ = ids_.size();
  sent_ = tokenizer_.decode(ids_, skip_special_);
  return added;
}

std::string StreamDecoder::finish() {
  std::string added = added_by(tokenizer_.decode(ids_, skip_special_));
  ids_.clear();
  known_ = 0;
  sent_.clear();
  return added;
}

std::string StreamDecoder::added_by(const std::string& text) const {
  if (text.starts_with(sent_)) return text.substr(sent_.size());
  // A byte that makes no character turned those before it into U+FFFD; they were given out.
  return tokenizer_.decode(std::span(ids_).subspan(known_), skip_special_);
}

}  // namespace assay::text
