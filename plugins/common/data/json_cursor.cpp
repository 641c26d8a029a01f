#include "plugins/common/data/json_cursor.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace assay::data {
namespace {
constexpr size_t kDeepest = 512;

/// What ends a run of plain characters within a string.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (size_t c = 0; c < 0x20; ++c) special[c] = true;
  special['"'] = special['\\'] = true;
  return special;
}();

constexpr std::array<bool, 256> kInNumber = [] {
  std::array<bool, 256> in{};
  for (const char c : {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '-', '.', 'e', 'E'})
    in[static_cast<uint8_t>(c)] = true;
  return in;
}();

std::string shown(int c) {
  if (c < 0) return "the end";
  if (c == '\n' || c == '\r') return "the end of the line";
  if (c < 0x20) return "a control character";
  return c < 0x7f ? std::string("'") + static_cast<char>(c) + "'" : "another character";
}

void append_utf8(std::string& out, unsigned c) {
  const auto byte = [&](unsigned b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xc0 | c >> 6);
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3f));
  } else {
    byte(0xf0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3f));
    byte(0x80 | (c >> 6 & 0x3f));
  }
  byte(0x80 | (c & 0x3f));
}

bool digit(int c) { return c >= '0' && c <= '9'; }
}  // namespace

JsonCursor::JsonCursor(std::string_view text, const std::string& path, int64_t line)
    : path_(path), rest_(text), line_(line) {}

JsonCursor::JsonCursor(TextSource& source) : source_(&source), path_(source.path()) {}

void JsonCursor::wrong(const std::string& what) const { malformed_line(path_, line_, what); }

int JsonCursor::look() {
  if (rest_.empty()) {
    if (source_ != nullptr) rest_ = source_->next();
    if (rest_.empty()) return -1;
  }
  return static_cast<uint8_t>(rest_.front());
}

int JsonCursor::get() {
  const int c = look();
  if (c >= 0) rest_.remove_prefix(1);
  return c;
}

int JsonCursor::look_past_blanks() {
  while (true) {
    const int c = look();
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    line_ += c == '\n';
    rest_.remove_prefix(1);
  }
}

char JsonCursor::peek() {
  const int c = look_past_blanks();
  return c < 0 ? '\0' : static_cast<char>(c);
}

void JsonCursor::expect(char wanted, const char* what) {
  if (const int c = look_past_blanks(); c != wanted)
    wrong(std::string("has ") + shown(c) + " where JSON needs " + what);
  rest_.remove_prefix(1);
}

void JsonCursor::open(char bracket) {
  expect(bracket, bracket == '{' ? "an object" : "an array");
  if (open_.size() == kDeepest) wrong("nests deeper than " + std::to_string(kDeepest) + " levels");
  open_.push_back({bracket == '{', false});
}

void JsonCursor::enter_object() { open('{'); }
void JsonCursor::enter_array() { open('['); }

bool JsonCursor::next_part(char closing) {
  const int c = look_past_blanks();
  if (c == closing) {
    rest_.remove_prefix(1);
    open_.pop_back();
    return false;
  }
  if (open_.back().begun) {
    if (c != ',') wrong("has " + shown(c) + " where JSON needs a comma or " + shown(closing));
    rest_.remove_prefix(1);
  }
  open_.back().begun = true;
  return true;
}

bool JsonCursor::next_key(std::string& key) {
  if (!next_part('}')) return false;
  if (const int c = look_past_blanks(); c != '"')
    wrong("has " + shown(c) + " where JSON needs a key in double quotes");
  key.clear();
  read_string(&key);
  expect(':', "a colon");
  return true;
}

bool JsonCursor::next_element() { return next_part(']'); }

unsigned JsonCursor::four_digits() {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) {
    const int c = get();
    if (digit(c))
      value = value * 16 + static_cast<unsigned>(c - '0');
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
      value = value * 16 + static_cast<unsigned>((c | 0x20) - 'a' + 10);
    else
      wrong("has " + shown(c) + " among the four hexadecimal digits after \\u");
  }
  return value;
}

void JsonCursor::escape(std::string* out) {
  const int c = get();
  const std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
  unsigned code = 0;
  if (c == 'u') {
    code = four_digits();
    if (code >= 0xd800 && code < 0xe000) {
      unsigned low = 0;
      if (code >= 0xdc00 || get() != '\\' || get() != 'u' || (low = four_digits()) < 0xdc00 ||
          low >= 0xe000)
        wrong("has half of a surrogate pair, \\ud800 to \\udfff, which is no character");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
  } else {
    const size_t at = c < 0 ? std::string_view::npos : from.find(static_cast<char>(c));
    if (at == std::string_view::npos) wrong("has " + shown(c) + " after a backslash");
    code = static_cast<unsigned>(to[at]);
  }
  if (out != nullptr) append_utf8(*out, code);
}

void JsonCursor::read_string(std::string* out) {
  rest_.remove_prefix(1);  // the quote
  size_t length = 0;
  while (true) {
    if (look() < 0) wrong("opens a string that is never closed");
    size_t n = 0;
    while (n < rest_.size() && !kSpecial[static_cast<uint8_t>(rest_[n])]) ++n;
    if (out != nullptr) out->append(rest_.data(), n);
    if ((length += n) > kLongestRecord)
      wrong("holds a string of more than " + std::to_string(kLongestRecord) + " bytes");
    rest_.remove_prefix(n);
    if (rest_.empty()) continue;
    const char c = rest_.front();
    if (static_cast<uint8_t>(c) < 0x20)
      wrong("has " + shown(c) + " within a string, where JSON needs it escaped");
    rest_.remove_prefix(1);
    if (c == '"') return;
    escape(out);
    ++length;
  }
}

void JsonCursor::string(std::string& out) {
  if (const int c = look_past_blanks(); c != '"')
    wrong("has " + shown(c) + " where JSON needs a string");
  out.clear();
  read_string(&out);
}

std::string JsonCursor::string() {
  std::string out;
  string(out);
  return out;
}

/// Malformed unless `text` is a number as JSON writes them.
void JsonCursor::check_number(std::string_view text) {
  size_t i = 0;
  const auto at = [&](char c) { return i < text.size() && text[i] == c; };
  const auto digits = [&] {
    if (i == text.size() || !digit(text[i]))
      wrong("has " + shown(i < text.size() ? text[i] : look()) + " where a number needs a digit");
    while (i < text.size() && digit(text[i])) ++i;
  };
  if (at('-')) ++i;
  const bool zero = at('0');
  const size_t begin = i;
  digits();
  if (zero && i > begin + 1) wrong("holds a number that begins with 0");
  if (at('.')) {
    ++i;
    digits();
  }
  if (at('e') || at('E')) {
    ++i;
    if (at('+') || at('-')) ++i;
    digits();
  }
  if (i < text.size()) wrong("has " + shown(text[i]) + " within a number");
}

std::string_view JsonCursor::number_text() {
  const auto run = [this] {
    size_t n = 0;
    while (n < rest_.size() && kInNumber[static_cast<uint8_t>(rest_[n])]) ++n;
    return n;
  };
  std::string_view text = rest_.substr(0, run());
  if (text.size() < rest_.size()) {
    rest_.remove_prefix(text.size());
  } else {
    // It may go on in the next piece of the stream.
    word_.clear();
    while (look() >= 0 && run() > 0) {
      const size_t n = run();
      word_ += rest_.substr(0, n);
      rest_.remove_prefix(n);
      if (word_.size() > 4096) wrong("holds a number of more than 4096 characters");
    }
    text = word_;
  }
  check_number(text);
  return text;
}

double JsonCursor::number() {
  if (const int c = look_past_blanks(); c != '-' && !digit(c))
    wrong("has " + shown(c) + " where JSON needs a number");
  return as_double(number_text());
}

double JsonCursor::as_double(std::string_view text) const {
  double x = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), x).ec != std::errc())
    x = std::strtod(std::string(text).c_str(), nullptr);  // too small or too large: 0 or infinite
  if (!std::isfinite(x))
    wrong("holds the number " + std::string(text.substr(0, 40)) + ", too large for float64");
  return x;
}

void JsonCursor::literal(const char* word) {
  for (const char* c = word; *c != '\0'; ++c)
    if (get() != *c) wrong(std::string("has something like \"") + word + "\" that is not it");
}

void JsonCursor::scalar(std::string& out, const std::string& key) {
  out.clear();
  const char c = peek();
  if (c == '"') return read_string(&out);
  if (c == '{' || c == '[')
    wrong("has " + std::string(c == '{' ? "an object" : "an array") + " as \"" + key +
          "\" where a string or a number is needed");
  if (c == 't' || c == 'f') out = c == 't' ? "true" : "false";
  if (c == '-' || digit(c))
    out = number_text();
  else
    skip();
}

void JsonCursor::skip() {
  const size_t outside = open_.size();
  std::string key;
  do {
    if (open_.size() > outside) {
      // The next part of the innermost container; its kind is what it was opened with.
      const bool object = open_.back().object;
      if (!(object ? next_key(key) : next_element())) continue;
    }
    switch (const char c = peek()) {
      case '{': enter_object(); break;
      case '[': enter_array(); break;
      case '"': read_string(nullptr); break;
      case 't': literal("true"); break;
      case 'f': literal("false"); break;
      case 'n': literal("null"); break;
      default:
        if (c != '-' && !digit(c))
          wrong("has " + shown(c == '\0' && rest_.empty() ? -1 : static_cast<uint8_t>(c)) +
                " where JSON needs a value");
        number_text();
    }
  } while (open_.size() > outside);
}

nlohmann::json JsonCursor::value() {
  switch (peek()) {
    case '"': return string();
    case '{': {
      nlohmann::json object = nlohmann::json::object();
      std::string key;
      for (enter_object(); next_key(key);) object[key] = value();
      return object;
    }
    case '[': {
      nlohmann::json array = nlohmann::json::array();
      for (enter_array(); next_element();) array.push_back(value());
      return array;
    }
    case 't': return literal("true"), true;
    case 'f': return literal("false"), false;
    case 'n': return literal("null"), nullptr;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9': break;
    default: skip();  // which says what is wrong
  }
  const std::string_view text = number_text();
  int64_t whole = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && stop == text.data() + text.size()) return whole;
  return as_double(text);
}

void JsonCursor::end_of_line() {
  const int64_t line = line_;
  if (const int c = look_past_blanks(); c >= 0 && line_ == line)
    wrong("has " + shown(c) + " after the end of its JSON value");
}

void JsonCursor::end() {
  if (const int c = look_past_blanks(); c >= 0)
    wrong("has " + shown(c) + " after the end of its JSON value");
}

}  // namespace assay::data
