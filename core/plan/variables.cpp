// ${vars.x}, ${experiment.name}, ${stage}, ${env:NAME:default}.
#include "core/base/suggest.hpp"
#include "core/plan/layers.hpp"
#include "core/plan/toml_reader.hpp"

#include <set>

namespace assay {
namespace {

class Variables {
 public:
  Variables(const Node& document, const Layers& layers, Findings& findings)
      : layers_(layers), findings_(findings) {
    if (const Node* vars = document.find("vars")) vars_ = *vars;
    if (const Node* experiment = document.find("experiment"))
      if (const Node* name = experiment->find("name"); name && name->is_string())
        experiment_ = name->text;
    for (auto& e : vars_.entries) {
      in_vars_ = true;
      replace(e.value);
      in_vars_ = false;
    }
  }

  void replace(Node& node) {
    for (auto& item : node.items) replace(item);
    for (auto& e : node.entries) replace(e.value);
    if (node.is_string() && node.text.find("${") != std::string::npos) replace_text(node);
  }
  void stage(std::string name) { stage_ = std::move(name); }

  void warn_unused(const std::string& elsewhere) {
    for (const auto& e : vars_.entries)
      if (!used_.contains(e.key) && elsewhere.find("${vars." + e.key + "}") == std::string::npos)
        findings_.warn("W201", "[vars] key \"" + e.key + "\" is never used", e.place);
  }

 private:
  void replace_text(Node& node) {
    const std::string text = node.text;
    const bool override_value = node.from_override;
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const size_t begin = text.find("${", at);
      if (begin == std::string::npos) {
        out += text.substr(at);
        break;
      }
      if (begin > at && text[begin - 1] == '$') {  // "$${" stands for "${"
        out += text.substr(at, begin - at - 1) + "${";
        at = begin + 2;
        continue;
      }
      out += text.substr(at, begin - at);
      const size_t end = text.find('}', begin);
      if (end == std::string::npos)
        return fail(node, text, begin, text.size() - begin, "\"${\" without \"}\"", "");
      const auto value = lookup(node, text, begin, end);
      if (!value) return;
      if (begin == 0 && end + 1 == text.size()) {
        const Place place = node.place;
        node = *value;
        node.place = place;
        node.from_override = override_value;
        return;
      }
      if (value->is_table() || value->is_array())
        return fail(node, text, begin, end + 1 - begin,
                    describe(*value) + " cannot stand inside a text", "");
      const Json json = to_json(*value);
      out += json.is_string() ? json.get<std::string>() : json.dump();
      at = end + 1;
    }
    node.text = out;
  }

  void fail(Node& node, const std::string& text, size_t at, size_t width, const std::string& what,
            const std::string& help) {
    node.unresolved = true;
    findings_.error("E025", what, inside(node.place, text, at, width), help);
  }

  std::optional<Node> lookup(Node& node, const std::string& text, size_t begin, size_t end) {
    const std::string name = text.substr(begin + 2, end - begin - 2);
    const size_t width = end + 1 - begin;
    if (name == "stage" && !stage_.empty()) return string_node(stage_, node.place);
    if (name == "experiment.name") return string_node(experiment_, node.place);
    if (name.starts_with("env:")) return environment(node, text, begin, name.substr(4), width);
    if (!name.starts_with("vars.") || in_vars_) {
      fail(node, text, begin, width, "unknown reference \"${" + name + "}\"",
           in_vars_ ? "in [vars] there are ${experiment.name} and ${env:NAME:default}"
                    : "there are ${vars.KEY}, ${experiment.name}, ${stage} in a stage, and "
                      "${env:NAME:default}");
      return std::nullopt;
    }
    const std::string key = name.substr(5);
    if (const Node* value = vars_.find(key)) {
      used_.insert(key);
      return *value;
    }
    std::vector<std::string> known;
    for (const auto& e : vars_.entries) known.push_back(e.key);
    fail(node, text, begin, width, "[vars] has no key \"" + key + "\"", did_you_mean(key, known));
    return std::nullopt;
  }

  std::optional<Node> environment(Node& node, const std::string& text, size_t begin,
                                  const std::string& name, size_t width) {
    const size_t colon = name.find(':');
    auto value = layers_.environment ? layers_.environment(name.substr(0, colon)) : std::nullopt;
    if (!value && colon != std::string::npos) value = name.substr(colon + 1);
    if (!value) {
      fail(node, text, begin, width,
           "the environment variable " + name + " is not set, and has no default here",
           "write ${env:" + name + ":DEFAULT}");
      return std::nullopt;
    }
    if (const auto parsed = parse_toml_value(*value, node.place);
        parsed && !parsed->is_table() && !parsed->is_array() && !parsed->is_string() &&
        !parsed->is(Node::Kind::kDate))
      return parsed;
    return string_node(*value, node.place);
  }

  const Layers& layers_;
  Findings& findings_;
  Node vars_;
  std::string experiment_, stage_;
  std::set<std::string> used_;
  bool in_vars_ = false;
};

}  // namespace

void apply_variables(Node& document, const Layers& layers, const std::string& elsewhere,
                     Findings& findings) {
  Variables variables(document, layers, findings);
  for (auto& e : document.entries) {
    if (e.key == "vars" || e.key == "profile") continue;
    if (e.key != "stage") {
      variables.replace(e.value);
      continue;
    }
    for (auto& stage : e.value.entries) {
      variables.stage(stage.key);
      variables.replace(stage.value);
    }
    variables.stage("");
  }
  variables.warn_unused(elsewhere);
}

}  // namespace assay
