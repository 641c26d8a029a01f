#include "plugins/common/text/encoder.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::text {

Encoder::Encoder(const TokenizerState& state, std::string_view text, std::vector<Parsing> parsing,
                 bool spans)
    : state_(state), text_(text), parsing_(std::move(parsing)), spans_(spans) {
  if (text.size() > UINT32_MAX / 4) {
    throw std::invalid_argument("a text of " + std::to_string(text.size()) +
                                " bytes is too long to encode at once; 1073741823 are allowed");
  }
  const size_t flaw = utf8_invalid(text);
  if (flaw != std::string_view::npos) {
    throw std::invalid_argument("the text is no UTF-8 at byte " + std::to_string(flaw));
  }
  aligned_ = spans_ || (parsing_.size() > 1 && !state_.in_normalized->empty());
  const auto special = [&](size_t begin, size_t end) { return parses(begin, end); };
  for (const Found& found : state_.in_input->find(text_, special)) {
    if (found.id < 0)
      part(found.range);
    else
      add(found.id, {found.range.begin, found.range.end});
  }
}

Encoding Encoder::finish(bool add_special) {
  if (state_.post_processor) state_.post_processor->apply(out_, text_, add_special);
  return std::move(out_);
}

bool Encoder::parses(size_t begin, size_t end) const {
  for (const Parsing& one : parsing_) {
    if (begin < one.end && end > one.begin && !one.special) return false;
  }
  return true;
}

void Encoder::part(Range range) {
  const std::string_view input = text_.substr(range.begin, range.end - range.begin);
  const bool plain = !state_.normalizer && state_.in_normalized->empty();
  if (state_.byte_level && plain && !spans_ && !state_.byte_level->add_prefix_space()) {
    return state_.byte_level->encode(input, out_.ids);
  }
  AlignedText text(input, range.begin, aligned_);
  if (state_.normalizer) state_.normalizer->apply(text);
  const bool first = range.begin == 0;
  if (state_.in_normalized->empty()) return normalised(text, first);
  const auto special = [&](uint32_t begin, uint32_t end) {
    if (!aligned_) return parsing_.empty() || parsing_.front().special;
    const Span span = text.original(begin, end);
    return parses(span.begin, span.end);
  };
  for (const Found& found : state_.in_normalized->find(text.text(), special)) {
    if (found.id >= 0) {
      add(found.id, aligned_ ? text.original(found.range.begin, found.range.end) : Span{});
      continue;
    }
    AlignedText between = text.slice(found.range.begin, found.range.end);
    normalised(between, first && found.range.begin == 0);
  }
}

void Encoder::normalised(AlignedText& text, bool first) {
  if (text.text().empty()) return;
  if (state_.byte_level) return bytes(text);
  std::vector<Range> words = {{0, static_cast<uint32_t>(text.text().size())}};
  if (state_.pre_tokenizer) state_.pre_tokenizer->apply(text, words, first);
  std::vector<Token> tokens;
  for (const Range word : words) {
    if (word.begin == word.end) continue;
    tokens.clear();
    state_.model->tokenize(std::string_view(text.text()).substr(word.begin, word.end - word.begin),
                           tokens);
    for (const Token& token : tokens) {
      add(token.id,
          spans_ ? text.original(word.begin + token.begin, word.begin + token.end) : Span{});
    }
  }
}

void Encoder::bytes(AlignedText& text) {
  if (state_.byte_level->add_prefix_space() && text.text().front() != ' ') {
    Rewriter(text).insert_before(" ");
  }
  const size_t before = out_.ids.size();
  state_.byte_level->encode(text.text(), out_.ids);
  if (!spans_) return;
  uint32_t at = 0;
  for (size_t i = before; i < out_.ids.size(); ++i) {
    const uint32_t end = at + state_.byte_level->size_of(out_.ids[i]);
    out_.spans.push_back(text.original(at, end));
    at = end;
  }
}

void Encoder::add(Id id, Span span) {
  out_.ids.push_back(id);
  if (spans_) out_.spans.push_back(span);
}

}  // namespace assay::text
