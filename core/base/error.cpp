#include "core/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace assay {

namespace {
/// How many characters the marked bytes are; at least one.
size_t characters(const Message& m) {
  size_t count = 0;
  for (int i = 0; i < m.width; ++i) {
    const size_t at = static_cast<size_t>(m.column) - 1 + static_cast<size_t>(i);
    if (at >= m.source.size() || (static_cast<unsigned char>(m.source[at]) & 0xC0) != 0x80) ++count;
  }
  return std::max<size_t>(1, count);
}
}  // namespace

std::string render(const Message& m) {
  const bool warning = !m.code.empty() && m.code[0] == 'W';
  std::string out = warning ? "warning" : "error";
  if (!m.code.empty()) out += "[" + m.code + "]";
  out += ": " + m.text + "\n";
  const std::string number = m.line > 0 ? std::to_string(m.line) : "";
  const std::string margin(number.size(), ' ');
  if (!m.file.empty()) {
    out += margin + " --> " + m.file;
    if (m.line > 0) out += fmt::format(":{}:{}", m.line, m.column);
    out += "\n";
  }
  if (!m.source.empty() && m.line > 0) {
    std::string indent;  // keeps the caret below its column when the line has tabs
    for (int i = 0; i + 1 < m.column && i < static_cast<int>(m.source.size()); ++i)
      if (const unsigned char c = m.source[i]; (c & 0xC0) != 0x80) indent += c == '\t' ? '\t' : ' ';
    out += fmt::format("{} |\n{} | {}\n{} | {}{}\n", margin, number, m.source, margin, indent,
                       std::string(characters(m), '^'));
  }
  if (!m.help.empty()) out += "help: " + m.help + "\n";
  return out;
}

std::string render(std::vector<Message> messages) {
  std::stable_sort(messages.begin(), messages.end(), [](const Message& a, const Message& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  constexpr size_t kMost = 20;
  std::string out;
  for (size_t i = 0; i < messages.size() && i < kMost; ++i)
    out += (i ? "\n" : "") + render(messages[i]);
  if (messages.size() > kMost) out += fmt::format("\n... and {} more\n", messages.size() - kMost);
  return out;
}

namespace {
std::string first_line(const std::vector<Message>& messages) {
  return messages.empty() ? "bad input" : messages.front().text;
}
}  // namespace

BadInput::BadInput(std::vector<Message> messages)
    : std::runtime_error(first_line(messages)), messages_(std::move(messages)) {}

BadInput::BadInput(std::string code, std::string text, std::string help)
    : BadInput(std::vector<Message>{{.code = std::move(code),
                                     .text = std::move(text),
                                     .file = "",
                                     .source = "",
                                     .help = std::move(help)}}) {}

}  // namespace assay
