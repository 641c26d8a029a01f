#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/utf8.hpp"

namespace assay::text {

namespace {

/// Ids that make no character for this long never will.
constexpr size_t kMostHeld = 64;

/// What follows the first `sent` bytes; whole characters, even if ByteFallback has since turned
/// what was sent into something else.
std::string after(const std::string& text, size_t sent) {
  while (sent < text.size() && utf8_continues(text[sent])) ++sent;
  return sent < text.size() ? text.substr(sent) : "";
}

}  // namespace

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, bool skip_special)
    : tokenizer_(tokenizer), skip_special_(skip_special) {}

std::string StreamDecoder::push(Id id) {
  if (skip_special_ && tokenizer_.is_special(id)) return "";
  ids_.push_back(id);
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  const bool cut = text.ends_with("\xEF\xBF\xBD") && ids_.size() - known_ < kMostHeld;
  if (cut || text.size() <= sent_) return "";
  const std::string added = after(text, sent_);
  // Decoders treat the first token apart: what was given out before stays in front of what comes.
  ids_.erase(ids_.begin(), ids_.begin() + static_cast<ptrdiff_t>(known_));
  known_ = ids_.size();
  sent_ = tokenizer_.decode(ids_, skip_special_).size();
  return added;
}

std::string StreamDecoder::finish() {
  const std::string text = tokenizer_.decode(ids_, skip_special_);
  const std::string added = after(text, sent_);
  ids_.clear();
  known_ = sent_ = 0;
  return added;
}

}  // namespace assay::text
