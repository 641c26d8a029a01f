#include "core/base/text.hpp"
#include "core/report/text_grid.hpp"

#include <algorithm>
#include <cstdint>

namespace assay {
namespace {

struct Glyph {
  size_t bytes, columns;
};

/// The character that begins `s`, which is not empty.
Glyph glyph(std::string_view s) {
  const auto a = static_cast<unsigned char>(s[0]);
  const size_t n = std::min<size_t>(s.size(), a < 0x80 ? 1 : a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4);
  uint32_t c = n == 1 ? a : a & (0xFFu >> (n + 1));
  for (size_t i = 1; i < n; ++i) c = c << 6 | (static_cast<unsigned char>(s[i]) & 0x3F);
  const bool combining = (c >= 0x300 && c < 0x370) || (c >= 0x200B && c <= 0x200F) ||
                         (c >= 0x20D0 && c < 0x2100) || (c >= 0xFE00 && c < 0xFE10);
  const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) ||
                    (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                    (c >= 0xFF01 && c < 0xFF61) || (c >= 0x1F300 && c < 0x1FAFF) ||
                    (c >= 0x20000 && c < 0x30000);
  return {n, combining ? 0u : wide ? 2u : 1u};
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Glyph g = glyph(text);
    width += g.columns;
    text.remove_prefix(g.bytes);
  }
  return width;
}

std::string shorten(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  size_t used = 0, bytes = 0;
  while (bytes < text.size()) {
    const Glyph g = glyph(text.substr(bytes));
    if (used + g.columns + 1 > width) break;
    used += g.columns;
    bytes += g.bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 2);
  std::vector<std::string> lines{""};
  size_t used = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (used > 0 && used + 1 + display_width(word) > width) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) {
      lines.back() += ' ';
      ++used;
    }
    while (!word.empty()) {
      const Glyph g = glyph(word);
      if (used + g.columns > width) {
        lines.emplace_back();
        used = 0;
      }
      lines.back() += word.substr(0, g.bytes);
      used += g.columns;
      word.remove_prefix(g.bytes);
    }
  }
  return lines;
}

namespace {
std::string replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0; at < text.size();)
    if (text.substr(at).starts_with(from)) {
      out += to;
      at += from.size();
    } else {
      out += text[at++];
    }
  return out;
}
}  // namespace

std::string glue_counts(std::string_view text) { return replace(text, "n = ", "n\u00a0=\u00a0"); }

std::string unglue(std::string_view text) { return replace(text, "\u00a0", " "); }

std::string pad(std::string_view text, size_t width, bool right_align) {
  const size_t used = display_width(text);
  const std::string spaces(used < width ? width - used : 0, ' ');
  return right_align ? spaces + std::string(text) : std::string(text) + spaces;
}

std::string one_line(std::string_view text) {
  std::string out = printable(text);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

}  // namespace assay
