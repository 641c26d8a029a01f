// Overrides of the command line: KEY=VALUE and ~KEY.
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/layers.hpp"
#include "core/plan/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// `a."b.c".d` -> a, b.c, d; nothing when it is no key.
std::optional<std::vector<std::string>> split_key(const std::string& text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"')
      quoted = !quoted;
    else if (c == '.' && !quoted)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  const bool empty =
      std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.empty(); });
  return quoted || empty ? std::nullopt : std::optional(std::move(parts));
}

class Override {
 public:
  Override(Node& document, const std::string& text, Findings& findings)
      : document_(document), text_(text), findings_(findings) {
    auto source = std::make_shared<SourceText>();
    source->name = "override \"" + text + "\"";
    place_.text = std::move(source);
  }

  void apply() {
    const bool removes = text_.starts_with("~");
    const size_t equals = key_end();
    if (!removes && equals == std::string::npos) return fail("must be KEY=VALUE or ~KEY");
    const std::string key = removes ? text_.substr(1) : text_.substr(0, equals);
    const auto parts = split_key(key);
    if (!parts) return fail("has no valid key");
    const auto path = resolve(*parts);
    if (!path) return;
    if (removes) return remove(*path, key);
    if (const auto value = parse_value(text_.substr(equals + 1))) set(*path, *value);
  }

 private:
  void fail(const std::string& what, const std::string& help = "") {
    findings_.error("E160", "override \"" + text_ + "\" " + what, {}, help);
  }
  /// Of the first equals sign outside quotes.
  size_t key_end() const {
    bool quoted = false;
    for (size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '"') quoted = !quoted;
      if (text_[i] == '=' && !quoted) return i;
    }
    return std::string::npos;
  }

  /// The literal path of a key: a top-level table, or STAGE.KEY, or STAGE.PARAM.
  std::optional<std::vector<std::string>> resolve(const std::vector<std::string>& parts) {
    if (contains(kTopKeys, parts[0])) return parts;
    const Node* stages = document_.find("stage");
    std::vector<std::string> names;
    if (stages)
      for (const auto& e : stages->entries) names.push_back(e.key);
    if (contains(names, parts[0]) && parts.size() > 1) {
      std::vector<std::string> path = {"stage"};
      path.insert(path.end(), parts.begin(), parts.end());
      if (!contains(kStageKeys, parts[1])) path.insert(path.begin() + 2, "params");
      return path;
    }
    if (parts.size() == 1 && !contains(names, parts[0])) {
      fail("needs a stage: STAGE." + text_, "stages: " + join(names, ", "));
      return std::nullopt;
    }
    std::vector<std::string> known = names;
    known.insert(known.end(), kTopKeys.begin(), kTopKeys.end());
    if (parts.size() == 1)
      fail("needs a key of the stage: " + parts[0] + ".KEY=VALUE");
    else
      fail(fmt::format("names no stage and no table \"{}\"", parts[0]),
           did_you_mean(parts[0], known));
    return std::nullopt;
  }

  std::optional<Node> parse_value(const std::string& value) {
    if (auto node = parse_toml_value(value, place_)) return node;
    const bool bare =
        !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
          return std::isalnum(c) ||
                 std::string_view("_./:@+-").find(static_cast<char>(c)) != std::string_view::npos;
        });
    if (!bare) {
      fail(fmt::format("needs quotes: '{}=\"{}\"'", text_.substr(0, key_end()), value));
      return std::nullopt;
    }
    Node node = string_node(value, place_);
    node.from_override = true;
    return node;
  }

  void set(const std::vector<std::string>& path, const Node& value) {
    Node* at = &document_;
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      Node* next = at->find(path[i]);
      if (!next) {
        Node table;
        table.place = place_;
        next = &at->set({path[i], place_, table});
      }
      if (!next->is_table()) return fail(fmt::format("goes through \"{}\", no table", path[i]));
      at = next;
    }
    at->set({path.back(), place_, value});
  }
  void remove(const std::vector<std::string>& path, const std::string& key) {
    Node* at = &document_;
    for (size_t i = 0; i + 1 < path.size() && at; ++i) at = at->find(path[i]);
    if (!at || !at->erase(path.back())) fail("removes \"" + key + "\", which is not there");
  }

  Node& document_;
  const std::string& text_;
  Findings& findings_;
  Place place_;
};

}  // namespace

void apply_override(Node& document, const std::string& text, Findings& findings) {
  Override(document, text, findings).apply();
}

}  // namespace assay
