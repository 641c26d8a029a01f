#include "plugins/common/lm/answer_text.hpp"

#include <algorithm>

namespace assay::lm {

AnswerText::AnswerText(const text::Tokenizer* tokenizer, const std::vector<std::string>& stops)
    : stops_(stops) {
  if (tokenizer) decoder_.emplace(*tokenizer);
}

bool AnswerText::push(text::Id id) {
  if (!decoder_) return false;
  text_ += decoder_->push(id);
  ends_.push_back(text_.size());
  size_t cut = std::string::npos, longest = 1;
  for (const auto& stop : stops_) {
    cut = std::min(cut, text_.find(stop, searched_));
    longest = std::max(longest, stop.size());
  }
  if (cut != std::string::npos) {
    text_.resize(cut);
    return true;
  }
  searched_ = std::max(searched_, text_.size() - std::min(text_.size(), longest - 1));
  return false;
}

void AnswerText::push_forced(text::Id id) {
  if (!decoder_) return;
  text_ += decoder_->push(id);
  ends_.push_back(text_.size());
  searched_ = text_.size();
}

void AnswerText::finish() {
  if (decoder_) text_ += decoder_->finish();
}

size_t AnswerText::kept() const {
  return static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), text_.size()) -
                             ends_.begin());
}

}  // namespace assay::lm
