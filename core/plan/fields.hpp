// Typed access to the keys of one table; what does not fit becomes an error and a default.
#pragma once
#include "core/plan/node.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay {

/// [a-z0-9][a-z0-9_.-]*: names of experiments, report items, data sets.
bool valid_label(const std::string& name);
std::string label_rule();

class Fields {
 public:
  /// `what` names the table in messages: "stage \"train\"", "claim \"...\"". A node that is no
  /// table is an error, and has no keys.
  Fields(const Node& table, std::string what, Findings& findings);
  Fields(const Node& table, std::string what, Findings& findings, const Place& header);

  const std::string& what() const { return what_; }
  bool has(const std::string& key) const { return node(key) != nullptr; }
  const Node* node(const std::string& key) const;
  /// Of the key's value, or of the table when the key is missing.
  const Place& place(const std::string& key) const;
  const Place& header() const { return header_; }

  /// Any other key is an error (E020) with the nearest of these.
  void only(const std::vector<std::string>& keys) const;
  /// A missing key is an error (E023).
  bool require(const std::string& key) const;

  std::string text(const std::string& key, std::string fallback = "") const;
  /// A string, or a number as its text.
  std::string loose_text(const std::string& key) const;
  bool flag(const std::string& key, bool fallback) const;
  std::optional<double> number(const std::string& key) const;
  int64_t whole(const std::string& key, int64_t fallback, int64_t least,
                int64_t most = INT64_MAX) const;
  /// A string out of `choices`.
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     std::string fallback) const;
  /// A list of strings, or one string.
  std::vector<std::string> texts(const std::string& key) const;
  std::optional<double> duration(const std::string& key) const;  // "10m", or seconds
  std::optional<int64_t> size(const std::string& key) const;     // "3G", or bytes
  const Node* table(const std::string& key) const;
  std::vector<const Node*> tables(const std::string& key) const;  // of a list of tables

  /// E021: `"key" must be WANTED, got ...`.
  void mismatch(const std::string& key, const std::string& wanted) const;

 private:
  const Node& node_;
  std::string what_;
  Findings& findings_;
  Place header_;
};

}  // namespace assay
