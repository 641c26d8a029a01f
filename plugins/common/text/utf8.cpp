#include "plugins/common/text/utf8.hpp"

#include <cstring>

namespace assay::text {

namespace {

/// The bytes of the character that begins `bytes`; if there is none, minus the length of what one
/// U+FFFD stands for (Unicode 3.9, table 3-7).
int character_or_flaw(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return -1;
  const int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xBF;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  for (int i = 1; i < size; ++i) {
    if (static_cast<size_t>(i) >= bytes.size() || at(i) < low || at(i) > high) return -i;
    low = 0x80, high = 0xBF;
  }
  return size;
}

}  // namespace

void utf8_append(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

size_t utf8_invalid(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    while (at + 8 <= text.size()) {  // eight bytes of ASCII
      uint64_t eight;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080u) != 0) break;
      at += 8;
    }
    if (at == text.size()) break;
    const int size = character_or_flaw(text.substr(at, 4));
    if (size < 0) return at;
    at += static_cast<size_t>(size);
  }
  return std::string_view::npos;
}

std::string utf8_repaired(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const int size = character_or_flaw(bytes.substr(at, 4));
    if (size > 0) text.append(bytes, at, static_cast<size_t>(size));
    if (size < 0) text.append("\xEF\xBF\xBD");
    at += static_cast<size_t>(size < 0 ? -size : size);
  }
  return text;
}

}  // namespace assay::text
