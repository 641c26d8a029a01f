#include "core/base/number.hpp"
#include "core/plan/node.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

const Entry* Node::entry(const std::string& key) const {
  for (const auto& e : entries)
    if (e.key == key) return &e;
  return nullptr;
}
const Node* Node::find(const std::string& key) const {
  const Entry* e = entry(key);
  return e ? &e->value : nullptr;
}
Node* Node::find(const std::string& key) {
  return const_cast<Node*>(static_cast<const Node*>(this)->find(key));
}
Node& Node::set(Entry added) {
  for (auto& e : entries)
    if (e.key == added.key) {
      e = std::move(added);
      return e.value;
    }
  return entries.emplace_back(std::move(added)).value;
}
bool Node::erase(const std::string& key) {
  return std::erase_if(entries, [&](const Entry& e) { return e.key == key; }) > 0;
}

Node string_node(std::string text, Place place) {
  Node node;
  node.kind = Node::Kind::kString;
  node.text = std::move(text);
  node.place = std::move(place);
  return node;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kTable: return "a table";
    case Node::Kind::kArray: return node.items.empty() ? "an empty list" : "a list";
    case Node::Kind::kString:
      return fmt::format("the string \"{}\"",
                         node.text.size() > 60 ? node.text.substr(0, 57) + "..." : node.text);
    case Node::Kind::kInteger: return fmt::format("the integer {}", node.integer);
    case Node::Kind::kReal: return "the number " + ecmascript(node.real);
    case Node::Kind::kBool: return node.boolean ? "true" : "false";
    case Node::Kind::kDate: return "a date";
  }
  return "";
}

Json to_json(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kTable: {
      Json out = Json::object();
      for (const auto& e : node.entries) out[e.key] = to_json(e.value);
      return out;
    }
    case Node::Kind::kArray: {
      Json out = Json::array();
      for (const auto& item : node.items) out.push_back(to_json(item));
      return out;
    }
    case Node::Kind::kInteger: return node.integer;
    case Node::Kind::kReal: return node.real;
    case Node::Kind::kBool: return node.boolean;
    default: return node.text;
  }
}

void overlay(Node& base, const Node& over) {
  if (!base.is_table() || !over.is_table() || over.entries.empty()) {
    base = over;
    return;
  }
  for (const auto& e : over.entries) {
    if (Node* existing = base.find(e.key))
      overlay(*existing, e.value);
    else
      base.entries.push_back(e);
  }
}

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (u < 0x20 || u == 0x7F)
      out += fmt::format("\\u{:04X}", u);
    else
      out += c;
  }
  return out + '"';
}

std::string key_text(const std::string& key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
  return bare ? key : quoted(key);
}

std::string value_text(const Node& node) {
  std::string out;
  switch (node.kind) {
    case Node::Kind::kTable:
      for (const auto& e : node.entries)
        out += (out.empty() ? " " : ", ") + key_text(e.key) + " = " + value_text(e.value);
      return "{" + out + (out.empty() ? "}" : " }");
    case Node::Kind::kArray:
      for (const auto& item : node.items) out += (out.empty() ? "" : ", ") + value_text(item);
      return "[" + out + "]";
    case Node::Kind::kString: return quoted(node.text);
    case Node::Kind::kInteger: return std::to_string(node.integer);
    case Node::Kind::kReal:
      out = ecmascript(node.real);
      return out.find_first_of(".en") == std::string::npos ? out + ".0" : out;
    case Node::Kind::kBool: return node.boolean ? "true" : "false";
    case Node::Kind::kDate: return node.text;
  }
  return out;
}

bool tables_only(const Node& node) {
  return node.is_array() && !node.items.empty() &&
         std::all_of(node.items.begin(), node.items.end(),
                     [](const Node& n) { return n.is_table(); });
}

/// One table below `path`: its plain keys, then its tables and lists of tables under headers.
void write_table(const Node& table, const std::string& path, const std::string& header, int depth,
                 std::string& out) {
  const bool nests = depth < 2;  // deeper tables are written inline
  const auto has_header = [&](const Node& n) {
    return (nests && n.is_table()) || (depth < 3 && tables_only(n));
  };
  bool plain = false;
  for (const auto& e : table.entries) plain = plain || !has_header(e.value);
  if (!path.empty() && (plain || header[1] == '[' || table.entries.empty()))
    out += (out.empty() ? "" : "\n") + header + "\n";
  for (const auto& e : table.entries)
    if (!has_header(e.value)) out += key_text(e.key) + " = " + value_text(e.value) + "\n";
  for (const auto& e : table.entries) {
    if (!has_header(e.value)) continue;
    const std::string below = (path.empty() ? "" : path + ".") + key_text(e.key);
    if (e.value.is_table()) {
      write_table(e.value, below, "[" + below + "]", depth + 1, out);
    } else {
      for (const auto& item : e.value.items) write_table(item, below, "[[" + below + "]]", 3, out);
    }
  }
}

}  // namespace

std::string to_toml(const Node& table) {
  std::string out;
  write_table(table, "", "", 0, out);
  return out;
}

}  // namespace assay
