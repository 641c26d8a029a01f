// A parsed experiment file: a tree of values, each with its place in the text, tables in the file's
// order.
#pragma once
#include "core/base/json.hpp"
#include "core/plan/findings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay {

struct Entry;

/// A TOML value. `place` is the value's own; the key's is in the Entry that holds it.
struct Node {
  enum class Kind { kTable, kArray, kString, kInteger, kReal, kBool, kDate };
  Kind kind = Kind::kTable;
  Place place;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;            // of a string or a date
  std::vector<Node> items;     // of an array
  std::vector<Entry> entries;  // of a table, in the file's order
  bool from_override = false;  // set on the command line
  bool unresolved = false;     // an error was reported; what depends on the value is not judged

  bool is(Kind k) const { return kind == k; }
  bool is_table() const { return kind == Kind::kTable; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_string() const { return kind == Kind::kString; }
  /// The value of a key of this table, or null.
  const Node* find(const std::string& key) const;
  Node* find(const std::string& key);
  const Entry* entry(const std::string& key) const;
  /// Sets a key: in its old position when there is one, else last.
  Node& set(Entry entry);
  bool erase(const std::string& key);
};

struct Entry {
  std::string key;
  Place place;  // of the key
  Node value;
};

Node string_node(std::string text, Place place);

/// "string \"fast\"", "integer 3", "table": for messages.
std::string describe(const Node& node);

/// Scalars and arrays as Json; dates as their text. A table becomes an object.
Json to_json(const Node& node);

/// Lays `over` on `base`, table by table; scalars and arrays are replaced; an empty table clears.
void overlay(Node& base, const Node& over);

/// The tree as TOML text, in its order.
std::string to_toml(const Node& table);

}  // namespace assay
