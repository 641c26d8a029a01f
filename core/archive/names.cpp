#include "core/archive/names.hpp"
#include "core/base/text.hpp"

#include <algorithm>

namespace assay {
namespace {

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}
bool digit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of the valid UTF-8 sequence at the front of `text`; 0 when there is none.
size_t sequence(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return n <= text.size() && valid_utf8(text.substr(0, n)) ? n : 0;
}

}  // namespace

std::string name_error(std::string_view name) {
  const std::string quoted = "the name \"" + printable(name.substr(0, 80)) + "\" ";
  if (name.empty()) return "a name is empty";
  if (name.size() > 400) return quoted + "is longer than 400 bytes";
  size_t from = 0;
  while (from <= name.size()) {
    const size_t to = std::min(name.find('/', from), name.size());
    const std::string_view part = name.substr(from, to - from);
    if (part.empty()) return quoted + "has an empty component";
    if (part == "." || part == "..") return quoted + "has a component of dots";
    if (!std::all_of(part.begin(), part.end(), [](char c) { return letter(c) || digit(c); }))
      return quoted + "may hold only letters, digits, '_', '.', '-' and '/'";
    from = to + 1;
  }
  return "";
}

bool is_above(std::string_view parent, std::string_view name) {
  return name.size() > parent.size() && name[parent.size()] == '/' && name.starts_with(parent);
}

std::string storable(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && valid_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t n = text[0] == '\0' ? 0 : sequence(text);
    if (n == 0)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(0, n);
    text.remove_prefix(std::max<size_t>(n, 1));
  }
  return out;
}

}  // namespace assay
