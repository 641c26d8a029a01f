#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

bool valid_label(const std::string& name) {
  if (name.empty() || name.size() > 100) return false;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return plain(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return plain(c) || c == '_' || c == '-' || c == '.';
         });
}
std::string label_rule() {
  return "use lower-case letters, digits, '-', '_' and '.', and begin with a letter or a digit";
}

Fields::Fields(const Node& table, std::string what, Findings& findings)
    : Fields(table, std::move(what), findings, table.place) {}

Fields::Fields(const Node& table, std::string what, Findings& findings, const Place& header)
    : node_(table), what_(std::move(what)), findings_(findings), header_(header) {
  if (!table.is_table())
    findings.error("E021", fmt::format("{} must be a table, got {}", what_, describe(table)),
                   table.place);
}

const Node* Fields::node(const std::string& key) const { return node_.find(key); }

const Place& Fields::place(const std::string& key) const {
  const Node* n = node(key);
  return n ? n->place : header_;
}

void Fields::only(const std::vector<std::string>& keys) const {
  for (const auto& e : node_.entries) {
    if (std::find(keys.begin(), keys.end(), e.key) != keys.end()) continue;
    const std::string near = did_you_mean(e.key, keys);
    findings_.error("E020", fmt::format("unknown key \"{}\" in {}", e.key, what_), e.place,
                    near.empty() ? "allowed: " + join(keys, ", ") : near);
  }
}

bool Fields::require(const std::string& key) const {
  if (has(key) || !node_.is_table()) return has(key);
  findings_.error("E023", fmt::format("{} needs \"{}\"", what_, key), header_);
  return false;
}

void Fields::mismatch(const std::string& key, const std::string& wanted) const {
  if (node(key)->unresolved) return;
  findings_.error("E021",
                  fmt::format("\"{}\" must be {}, got {}", key, wanted, describe(*node(key))),
                  place(key));
}

std::string Fields::text(const std::string& key, std::string fallback) const {
  const Node* n = node(key);
  if (!n) return fallback;
  if (n->is_string()) return n->text;
  mismatch(key, "a string");
  return fallback;
}

std::string Fields::loose_text(const std::string& key) const {
  const Node* n = node(key);
  if (n && n->is(Node::Kind::kInteger)) return std::to_string(n->integer);
  if (n && n->is(Node::Kind::kReal)) return ecmascript(n->real);
  return text(key);
}

bool Fields::flag(const std::string& key, bool fallback) const {
  const Node* n = node(key);
  if (!n) return fallback;
  if (n->is(Node::Kind::kBool)) return n->boolean;
  mismatch(key, "true or false");
  return fallback;
}

std::optional<double> Fields::number(const std::string& key) const {
  const Node* n = node(key);
  if (!n) return std::nullopt;
  if (n->is(Node::Kind::kInteger)) return static_cast<double>(n->integer);
  if (n->is(Node::Kind::kReal)) return n->real;
  mismatch(key, "a number");
  return std::nullopt;
}

int64_t Fields::whole(const std::string& key, int64_t fallback, int64_t least, int64_t most) const {
  const Node* n = node(key);
  if (!n) return fallback;
  if (n->is(Node::Kind::kInteger) && n->integer >= least && n->integer <= most) return n->integer;
  mismatch(key, most == INT64_MAX ? fmt::format("a whole number from {} on", least)
                                  : fmt::format("a whole number from {} to {}", least, most));
  return fallback;
}

std::string Fields::choice(const std::string& key, const std::vector<std::string>& choices,
                           std::string fallback) const {
  const std::string got = text(key, fallback);
  if (!has(key) || !node(key)->is_string()) return fallback;
  if (std::find(choices.begin(), choices.end(), got) != choices.end()) return got;
  if (node(key)->unresolved) return fallback;
  findings_.error(
      "E022", fmt::format("\"{}\" must be one of {}; got \"{}\"", key, join(choices, ", "), got),
      place(key), did_you_mean(got, choices));
  return fallback;
}

std::vector<std::string> Fields::texts(const std::string& key) const {
  const Node* n = node(key);
  if (!n) return {};
  if (n->is_string()) return {n->text};
  std::vector<std::string> out;
  bool good = n->is_array();
  for (const auto& item : n->items) {
    good = good && item.is_string();
    out.push_back(item.text);
  }
  if (good) return out;
  mismatch(key, "a string or a list of strings");
  return {};
}

std::optional<double> Fields::duration(const std::string& key) const {
  const Node* n = node(key);
  if (!n) return std::nullopt;
  if (n->is_string())
    if (const auto seconds = parse_duration(n->text)) return seconds;
  if (n->is(Node::Kind::kInteger) && n->integer >= 0) return static_cast<double>(n->integer);
  mismatch(key, "a duration such as \"30s\", \"10m\" or \"2h\"");
  return std::nullopt;
}

std::optional<int64_t> Fields::size(const std::string& key) const {
  const Node* n = node(key);
  if (!n) return std::nullopt;
  if (n->is_string())
    if (const auto bytes = parse_size(n->text)) return bytes;
  if (n->is(Node::Kind::kInteger) && n->integer >= 0) return n->integer;
  mismatch(key, "a size such as \"512M\" or \"3G\"");
  return std::nullopt;
}

const Node* Fields::table(const std::string& key) const {
  const Node* n = node(key);
  if (!n || n->is_table()) return n;
  mismatch(key, "a table");
  return nullptr;
}

std::vector<const Node*> Fields::tables(const std::string& key) const {
  const Node* n = node(key);
  if (!n) return {};
  std::vector<const Node*> out;
  bool good = n->is_array();
  for (const auto& item : n->items) {
    good = good && item.is_table();
    out.push_back(&item);
  }
  if (good) return out;
  mismatch(key, "a list of tables");
  return {};
}

}  // namespace assay
