#include "plugins/common/text/aligned_text.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace assay::text {

AlignedText::AlignedText(std::string_view input, uint32_t offset, bool aligned)
    : text_(input),
      offset_(offset),
      most_(std::min<size_t>(std::max<size_t>(64 * input.size(), 1 << 24), UINT32_MAX / 2)),
      aligned_(aligned) {}

Span AlignedText::of_byte(uint32_t at) const {
  if (!spans_.empty()) return spans_[at];
  uint32_t begin = at;
  while (begin > 0 && utf8_continues(text_[begin])) --begin;
  const uint32_t size = utf8_size(static_cast<unsigned char>(text_[begin]));
  return {offset_ + begin, offset_ + begin + size};
}

AlignedText AlignedText::slice(uint32_t begin, uint32_t end) const {
  const uint32_t offset = text_.empty() ? offset_ : original(begin, begin).begin;
  AlignedText part(std::string_view(text_).substr(begin, end - begin), offset, aligned_);
  if (!spans_.empty()) part.spans_.assign(spans_.begin() + begin, spans_.begin() + end);
  return part;
}

Span AlignedText::original(uint32_t begin, uint32_t end) const {
  if (begin < end) return {of_byte(begin).begin, of_byte(end - 1).end};
  if (text_.empty()) return {offset_, offset_};
  const uint32_t at = begin < text_.size() ? of_byte(begin).begin : of_byte(begin - 1).end;
  return {at, at};
}

Rewriter::Rewriter(AlignedText& text) : text_(text), from_(std::move(text.text_)) {
  to_.reserve(from_.size() + from_.size() / 8);
  text.text_.clear();
  if (!text.aligned_ || !text.spans_.empty()) return;
  text.spans_.reserve(from_.size());
  for (uint32_t at = 0; at < from_.size();) {
    const uint32_t size = utf8_size(static_cast<unsigned char>(from_[at]));
    const Span span{text.offset_ + at, text.offset_ + at + size};
    text.spans_.insert(text.spans_.end(), size, span);
    at += size;
  }
}

Rewriter::~Rewriter() {
  keep_until(static_cast<uint32_t>(from_.size()));
  text_.text_ = std::move(to_);
  text_.spans_ = std::move(to_spans_);
}

char32_t Rewriter::next() const { return utf8_at(from_, at_); }

uint32_t Rewriter::next_size() const { return utf8_size(static_cast<unsigned char>(from_[at_])); }

void Rewriter::keep() { keep_until(at_ + next_size()); }

void Rewriter::keep_until(uint32_t position) {
  to_.append(from_, at_, position - at_);
  if (text_.aligned_) {
    to_spans_.insert(to_spans_.end(), text_.spans_.begin() + at_, text_.spans_.begin() + position);
  }
  at_ = position;
}

void Rewriter::drop() { at_ += next_size(); }

void Rewriter::drop_until(uint32_t position) { at_ = position; }

void Rewriter::replace(char32_t character) {
  std::string bytes;
  utf8_append(bytes, character);
  replace(bytes);
}

void Rewriter::replace(std::string_view characters) {
  insert_before(characters);
  drop();
}

void Rewriter::insert(char32_t character) {
  std::string bytes;
  utf8_append(bytes, character);
  insert(bytes);
}

void Rewriter::insert(std::string_view characters) {
  const Span nothing{text_.offset_, text_.offset_};
  write(characters, !text_.aligned_ || at_ == 0 ? nothing : text_.spans_[at_ - 1]);
}

void Rewriter::insert_before(std::string_view characters) {
  write(characters, text_.aligned_ ? text_.spans_[at_] : Span{});
}

void Rewriter::write(std::string_view bytes, Span span) {
  if (to_.size() + bytes.size() > text_.most_) {
    throw std::invalid_argument("the tokenizer makes more than " + std::to_string(text_.most_) +
                                " bytes of a text");
  }
  to_ += bytes;
  if (text_.aligned_) to_spans_.insert(to_spans_.end(), bytes.size(), span);
}

}  // namespace assay::text
