#include "core/base/text.hpp"
#include "core/plan/toml_reader.hpp"

#include <toml++/toml.h>

#include <sstream>

namespace assay {
namespace {

using Text = std::shared_ptr<const SourceText>;

Text split_lines(const std::string& text, const std::string& name) {
  auto out = std::make_shared<SourceText>();
  out->name = name;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    out->lines.push_back(std::move(line));
  }
  return out;
}

/// toml++ counts code points; places count bytes. 0-based byte offset of 1-based column `column`.
size_t byte_offset(const std::string& line, size_t column) {
  size_t byte = 0;
  for (size_t c = 1; c < column && byte < line.size(); ++c) {
    ++byte;
    while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0) == 0x80) ++byte;
  }
  return byte;
}

Place place_of(const toml::source_region& region, const Text& text) {
  Place out{text, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column), 1};
  if (out.line < 1 || static_cast<size_t>(out.line) > text->lines.size()) return out;
  const std::string& line = text->lines[static_cast<size_t>(out.line) - 1];
  const size_t begin = byte_offset(line, region.begin.column);
  const size_t end =
      region.end.line == region.begin.line ? byte_offset(line, region.end.column) : line.size();
  out.column = static_cast<int>(begin) + 1;
  out.width = static_cast<int>(std::max(begin + 1, end) - begin);
  return out;
}

template <class T>
std::string stream_text(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Node convert(const toml::node& source, const Text& text) {
  Node out;
  out.place = place_of(source.source(), text);
  switch (source.type()) {
    case toml::node_type::table:
      for (const auto& [key, value] : *source.as_table())
        out.entries.push_back(
            {std::string(key.str()), place_of(key.source(), text), convert(value, text)});
      // toml++ keeps tables sorted by name; the file's order is that of the keys' places.
      std::stable_sort(out.entries.begin(), out.entries.end(),
                       [](const Entry& a, const Entry& b) { return a.place.before(b.place); });
      break;
    case toml::node_type::array:
      out.kind = Node::Kind::kArray;
      for (const auto& item : *source.as_array()) out.items.push_back(convert(item, text));
      break;
    case toml::node_type::string:
      out.kind = Node::Kind::kString, out.text = source.as_string()->get();
      break;
    case toml::node_type::integer:
      out.kind = Node::Kind::kInteger, out.integer = source.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      out.kind = Node::Kind::kReal, out.real = source.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      out.kind = Node::Kind::kBool, out.boolean = source.as_boolean()->get();
      break;
    default:
      out.kind = Node::Kind::kDate;
      if (const auto* d = source.as_date()) out.text = stream_text(d->get());
      if (const auto* t = source.as_time()) out.text = stream_text(t->get());
      if (const auto* dt = source.as_date_time()) out.text = stream_text(dt->get());
  }
  return out;
}

/// A copy of `line` without blanks and quotes, to compare keys and headers.
std::string squeezed(const std::string& line) {
  std::string out;
  for (const char c : line)
    if (c != ' ' && c != '\t' && c != '"' && c != '\'') out += c;
  return out;
}

/// "key \"lr\" is set twice; first at line 4", with the place of the second.
Message duplicate_key(const std::string& key, Place place) {
  const auto& lines = place.text->lines;
  const auto line_at = [&](int n) { return squeezed(lines[static_cast<size_t>(n) - 1]); };
  const std::string last = key.substr(key.rfind('.') + 1);
  const std::string& line = lines[static_cast<size_t>(place.line) - 1];
  const bool header = squeezed(line).starts_with('[');
  const size_t at = header ? line.find(last) : line.rfind(last, static_cast<size_t>(place.column));
  if (at != std::string::npos) {
    place.column = static_cast<int>(at) + 1;
    place.width = static_cast<int>(last.size());
  }
  int first = 0;
  if (!header && line.find(last) < static_cast<size_t>(place.column) - 1) first = place.line;
  for (int n = place.line - 1; n >= 1 && first == 0; --n) {
    const std::string s = line_at(n);
    if (header ? s.starts_with("[" + key + "]") : s.starts_with(last + "=")) first = n;
    if (!header && s.starts_with('[')) break;
  }
  return message_at("E002",
                    fmt::format("key \"{}\" is set twice{}", last,
                                first ? fmt::format("; first at line {}", first) : ""),
                    place);
}

[[noreturn]] void refuse(const toml::parse_error& error, const Text& text) {
  std::string what(error.description());
  if (const size_t colon = what.find(": "); what.starts_with("Error while parsing"))
    what = what.substr(colon == std::string::npos ? 0 : colon + 2);
  Place place = place_of(error.source(), text);
  const std::string mark = "cannot redefine existing ";
  if (what.starts_with(mark) && place.line >= 1 &&
      static_cast<size_t>(place.line) <= text->lines.size()) {
    const size_t from = what.find('\''), to = what.rfind('\'');
    if (from < to) throw BadInput({duplicate_key(what.substr(from + 1, to - from - 1), place)});
  }
  throw BadInput({message_at("E001", what, place)});
}

}  // namespace

Node parse_toml(const std::string& text, const std::string& name) {
  const Text lines = split_lines(text, name);
  try {
    return convert(toml::parse(std::string_view(text), std::string_view(name)), lines);
  } catch (const toml::parse_error& error) {
    refuse(error, lines);
  }
}

Node read_toml(const fs::path& path) {
  std::string text;
  try {
    if (fs::is_directory(path)) throw Failure(path.string() + " is a folder");
    text = read_file(path);
  } catch (const std::exception& error) {
    throw BadInput("E003", error.what());
  }
  return parse_toml(text, path.string());
}

std::optional<Node> parse_toml_value(const std::string& text, const Place& place) {
  if (text.find_first_of("\n\r") != std::string::npos) return std::nullopt;
  const std::string document = "v = " + text;
  try {
    const toml::table table = toml::parse(std::string_view(document));
    if (table.size() != 1 || !table.contains("v")) return std::nullopt;
    Node node = convert(*table.get("v"), split_lines(document, ""));
    const std::function<void(Node&)> move_to = [&](Node& n) {
      n.place = place;
      n.from_override = true;
      for (auto& item : n.items) move_to(item);
      for (auto& e : n.entries) e.place = place, move_to(e.value);
    };
    move_to(node);
    return node;
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace assay
