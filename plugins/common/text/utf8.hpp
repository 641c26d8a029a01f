// UTF-8, a character at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay::text {

/// Bytes of the character that begins with this byte, in valid UTF-8.
inline uint32_t utf8_size(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/// The character at `at` of valid UTF-8.
inline char32_t utf8_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[at + i]));
  };
  const char32_t first = byte(0);
  if (first < 0x80) return first;
  if (first < 0xE0) return (first & 0x1F) << 6 | (byte(1) & 0x3F);
  if (first < 0xF0) return (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

inline bool utf8_continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

void utf8_append(std::string& text, char32_t character);

/// The offset of the first byte that is not part of a character; npos if the text is valid.
size_t utf8_invalid(std::string_view text);

/// The text with each maximal cut or impossible sequence as one U+FFFD, as Rust's
/// String::from_utf8_lossy and the Unicode standard (3.9, "maximal subparts") have it.
std::string utf8_repaired(std::string_view bytes);

}  // namespace assay::text
