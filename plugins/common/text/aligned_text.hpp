// Text under normalisation, and for each of its bytes the bytes of the input that it came from.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

/// Bytes [begin, end) of a text.
struct Range {
  uint32_t begin = 0, end = 0;
  bool operator==(const Range&) const = default;
};

/// Always valid UTF-8. A rewriting that makes a text many times longer (64 times, and 16 MB) throws
/// std::invalid_argument: files of tokenizers may lie. Where the spans are not wanted (`aligned`
/// false) none are kept.
class AlignedText {
 public:
  /// `input` begins at byte `offset` of what the user gave.
  AlignedText(std::string_view input, uint32_t offset, bool aligned);

  const std::string& text() const { return text_; }
  bool aligned() const { return aligned_; }

  /// Bytes [begin, end) alone, whole characters.
  AlignedText slice(uint32_t begin, uint32_t end) const;

  /// The bytes of the input behind bytes [begin, end) of the text: whole characters of it. An
  /// empty range gives an empty span.
  Span original(uint32_t begin, uint32_t end) const;

 private:
  friend class Rewriter;
  Span of_byte(uint32_t at) const;

  std::string text_;
  std::vector<Span> spans_;  // of each byte; empty while the text is still the input
  uint32_t offset_;
  size_t most_;  // bytes that rewriting may make of it
  bool aligned_;
};

/// One pass over a text from its first character to its last, which replaces it. What is not
/// visited by the end of the pass is copied.
///
///   for (Rewriter out(text); !out.done();) out.replace(lower(out.next()));
class Rewriter {
 public:
  explicit Rewriter(AlignedText& text);
  ~Rewriter();
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;

  bool done() const { return at_ == from_.size(); }
  /// The character to be visited next; its first byte in the old text.
  char32_t next() const;
  uint32_t position() const { return at_; }
  /// Where the next character will stand in the new text.
  uint32_t written() const { return static_cast<uint32_t>(to_.size()); }

  void keep();                         // copies the next character
  void keep_until(uint32_t position);  // copies up to this byte of the old text
  void drop();                         // leaves the next character out
  void drop_until(uint32_t position);
  /// Writes characters in place of the next one, which they come from; it is consumed.
  void replace(char32_t character);
  void replace(std::string_view characters);
  /// Writes characters that come from the character visited last (dropped ones included); at the
  /// very beginning from nothing, an empty span there.
  void insert(std::string_view characters);
  void insert(char32_t character);
  /// Writes characters that come from the next one, which is not consumed.
  void insert_before(std::string_view characters);

 private:
  void write(std::string_view bytes, Span span);
  uint32_t next_size() const;

  AlignedText& text_;
  std::string from_, to_;
  std::vector<Span> to_spans_;
  uint32_t at_ = 0;
};

}  // namespace assay::text
