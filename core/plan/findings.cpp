#include "core/base/text.hpp"
#include "core/plan/findings.hpp"

#include <algorithm>
#include <tuple>

namespace assay {
namespace {

std::vector<Message> sorted(std::vector<Message> messages) {
  const auto key = [](const Message& m) {
    return std::tie(m.file, m.line, m.column, m.code, m.text);
  };
  std::stable_sort(messages.begin(), messages.end(),
                   [&](const Message& a, const Message& b) { return key(a) < key(b); });
  messages.erase(std::unique(messages.begin(), messages.end(),
                             [&](const Message& a, const Message& b) { return key(a) == key(b); }),
                 messages.end());
  return messages;
}

}  // namespace

bool Place::before(const Place& other) const {
  return std::tie(line, column) < std::tie(other.line, other.column);
}

Message message_at(std::string code, std::string what, const Place& place, std::string help) {
  Message m;
  m.code = std::move(code);
  m.text = printable(what);
  m.help = printable(help);
  if (!place.text) return m;
  m.file = place.text->name;
  m.line = place.line;
  m.column = place.column;
  m.width = place.width;
  if (place.line > 0 && static_cast<size_t>(place.line) <= place.text->lines.size())
    m.source = printable(place.text->lines[static_cast<size_t>(place.line) - 1]);
  return m;
}

Place inside(const Place& place, std::string_view value, size_t offset, size_t width) {
  if (!place.text || place.line < 1 || static_cast<size_t>(place.line) > place.text->lines.size() ||
      place.column < 1)
    return place;
  const std::string& line = place.text->lines[static_cast<size_t>(place.line) - 1];
  const size_t at = line.find(value, std::min(line.size(), static_cast<size_t>(place.column) - 1));
  if (value.empty() || at == std::string::npos || offset > value.size()) return place;
  Place out = place;
  out.column = static_cast<int>(at + offset) + 1;
  out.width = static_cast<int>(std::clamp<size_t>(width, 1, value.size() - offset + 1));
  return out;
}

void Findings::error(std::string code, std::string what, const Place& place, std::string help) {
  errors_.push_back(message_at(std::move(code), std::move(what), place, std::move(help)));
}
void Findings::warn(std::string code, std::string what, const Place& place, std::string help) {
  warnings_.push_back(message_at(std::move(code), std::move(what), place, std::move(help)));
}
void Findings::add(const std::vector<Message>& messages) {
  errors_.insert(errors_.end(), messages.begin(), messages.end());
}
void Findings::raise() const {
  if (!errors_.empty()) throw BadInput(sorted(errors_));
}
std::vector<Message> Findings::warnings() const { return sorted(warnings_); }

}  // namespace assay
