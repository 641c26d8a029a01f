#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/mime.hpp"

#include <algorithm>
#include <cstdint>

namespace assay::data {
namespace {
constexpr size_t kLongestWord = 4096;  // an encoded word; RFC 2047 allows 75

int hexadecimal(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Takes "=?charset?B?text?=" from the beginning of `all` and appends what it stands for.
bool encoded_word(std::string_view& all, std::string& out) {
  const std::string_view rest = all.substr(0, kLongestWord);
  if (rest.substr(0, 2) != "=?") return false;
  const size_t first = rest.find('?', 2);
  if (first == std::string_view::npos || first + 2 >= rest.size() || rest[first + 2] != '?')
    return false;
  const size_t end = rest.find("?=", first + 3);
  if (end == std::string_view::npos) return false;
  const std::string_view text = rest.substr(first + 3, end - first - 3);
  const char kind = static_cast<char>(rest[first + 1] | 0x20);
  if (kind != 'b' && kind != 'q') return false;
  std::string_view charset = rest.substr(2, first - 2);
  charset = charset.substr(0, charset.find('*'));  // a language may follow
  out += utf8_of(kind == 'b' ? from_base64(text) : from_quoted_printable(text, true),
                 std::string(charset));
  all.remove_prefix(end + 2);
  return true;
}
}  // namespace

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int six = sextet(c);
    if (six < 0) continue;
    bits = bits << 6 | static_cast<uint32_t>(six);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

std::string from_quoted_printable(std::string_view text, bool header) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (header && c == '_') {
      out += ' ';
    } else if (c != '=') {
      out += c;
    } else if (i + 2 < text.size() && hexadecimal(text[i + 1]) >= 0 &&
               hexadecimal(text[i + 2]) >= 0) {
      out += static_cast<char>(hexadecimal(text[i + 1]) * 16 + hexadecimal(text[i + 2]));
      i += 2;
    } else {
      // A soft line break: "=", blanks, the end of the line.
      size_t end = i + 1;
      while (end < text.size() && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r'))
        ++end;
      if (!header && (end == text.size() || text[end] == '\n'))
        i = end;
      else
        out += c;
    }
  }
  return out;
}

std::string decoded_header(std::string_view value) {
  std::string out;
  bool after_word = false;
  while (!value.empty()) {
    // White space between two encoded words belongs to neither.
    const size_t blanks =
        static_cast<size_t>(std::find_if_not(value.begin(), value.end(), blank) - value.begin());
    std::string_view rest = value.substr(blanks);
    std::string word;
    if (encoded_word(rest, word)) {
      if (!after_word) out += value.substr(0, blanks);
      out += word;
      value = rest;
      after_word = true;
      continue;
    }
    const size_t end = std::min(value.find("=?", blanks + 1), value.size());
    out += utf8_of(value.substr(0, end), "");
    value.remove_prefix(end);
    after_word = false;
  }
  return out;
}

std::string MimeValue::value() const {
  return small_letters(without_blanks(text_.substr(0, text_.find(';'))));
}

std::string MimeValue::parameter(std::string_view name) const {
  size_t at = text_.find(';');
  while (at != std::string_view::npos && at + 1 < text_.size()) {
    ++at;
    const size_t equals = text_.find_first_of("=;", at);
    if (equals == std::string_view::npos) return {};
    if (text_[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string key = small_letters(without_blanks(text_.substr(at, equals - at)));
    std::string value;
    at = equals + 1;
    while (at < text_.size() && blank(text_[at])) ++at;
    if (at < text_.size() && text_[at] == '"') {
      for (++at; at < text_.size() && text_[at] != '"'; ++at) {
        if (text_[at] == '\\' && at + 1 < text_.size()) ++at;
        value += text_[at];
      }
      at = text_.find(';', at);
    } else {
      const size_t end = std::min(text_.find(';', at), text_.size());
      value = std::string(without_blanks(text_.substr(at, end - at)));
      at = end;
    }
    if (key == name) return value;
  }
  return {};
}

}  // namespace assay::data
