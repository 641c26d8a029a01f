// The parameters of a stage and what varies them: cases, zips, grid, seeds; and the exclude rules.
#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/generators.hpp"
#include "core/plan/parameters.hpp"
#include "core/plan/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay {
namespace {

std::string source_of(const Node& node) {
  const Place& p = node.place;
  if (!p.text || p.line < 1 || static_cast<size_t>(p.line) > p.text->lines.size()) return "";
  const std::string& line = p.text->lines[static_cast<size_t>(p.line) - 1];
  if (static_cast<size_t>(p.column) > line.size()) return "";
  return line.substr(static_cast<size_t>(p.column) - 1, static_cast<size_t>(p.width));
}

class AxesReader {
 public:
  AxesReader(const Fields& fields, Stage& stage, Findings& findings)
      : fields_(fields),
        stage_(stage),
        method_(*stage.method),
        method_name_(stage.method_name()),
        findings_(findings),
        set_by_(method_.params.size()) {
    stage_.params.resize(method_.params.size());
  }

  void read() {
    read_params();
    read_cases();
    for (const Node* zip : fields_.tables("zip")) read_zip(*zip);
    if (const Node* grid = fields_.table("grid"))
      for (const auto& e : grid->entries) read_grid_axis(e);
    fill_defaults();
    read_excludes();
    if (!stage_.seedless()) read_seeds();
  }

 private:
  /// The index of a parameter in the schema; an error when there is none.
  std::optional<size_t> parameter(const std::string& key, const Place& place) {
    const ParamSchema* p = method_.param(key);
    if (!p) {
      std::vector<std::string> known;
      for (const auto& other : method_.params) known.push_back(other.name);
      const std::string near = did_you_mean(key, known);
      findings_.error(
          "E101", fmt::format("method \"{}\" has no parameter \"{}\"", method_name_, key), place,
          (near.empty() ? "" : near + " ") +
              fmt::format("`assay describe {}` lists {} parameter{}", method_name_,
                          known.size() == 1 ? "its one" : fmt::format("all {}", known.size()),
                          known.size() == 1 ? "" : "s"));
      return std::nullopt;
    }
    if (p->name != key)
      findings_.warn("W203",
                     fmt::format("parameter \"{}\" of \"{}\" is now called \"{}\"", key,
                                 method_name_, p->name),
                     place);
    return static_cast<size_t>(p - method_.params.data());
  }

  void read_params() {
    const Node* params = fields_.table("params");
    if (!params) return;
    for (const auto& e : params->entries) {
      const auto index = parameter(e.key, e.place);
      if (!index) continue;
      if (e.value.from_override) overrides_[*index] = &e.value;
      if (auto value = parameter_value(e.value, method_.params[*index], method_name_, findings_))
        stage_.params[*index] = std::move(*value);
      given_.insert(*index);
    }
  }

  /// Notes that an axis sets a parameter; an error when another does too.
  bool claim(size_t index, const std::string& axis, const Place& place) {
    std::string& owner = set_by_[index];
    if (!owner.empty() && owner != axis) {
      findings_.error("E120",
                      fmt::format("parameter \"{}\" is set by axis \"{}\" and by axis \"{}\"",
                                  method_.params[index].name, owner, axis),
                      place);
      return false;
    }
    owner = axis;
    if (const auto it = overrides_.find(index);
        it != overrides_.end() && axis != method_.params[index].name)
      findings_.error("E160",
                      fmt::format("{}: axis \"{}\" sets \"{}\" together with others",
                                  it->second->place.text->name, axis, method_.params[index].name),
                      {}, "override the whole of it, or clear it with an empty list");
    return true;
  }

  /// The values of one parameter along an axis.
  std::vector<Json> values(const std::string& axis, size_t index, const Node& node) {
    const ParamSchema& p = method_.params[index];
    AxisValues list = axis_values(axis, node, findings_);
    std::vector<Json> out;
    if (p.is_list() && !list.items.empty() &&
        std::none_of(list.items.begin(), list.items.end(),
                     [](const Node& n) { return n.is_array(); })) {
      const std::string all = to_json(node.is_array() ? node : list.items.front()).dump();
      findings_.error(
          "E122",
          fmt::format("\"{}\" takes a list: write [{}] for one value or [[{}], ...] for "
                      "several",
                      p.name, all, to_json(list.items.front()).dump()),
          node.place);
      return out;
    }
    for (const auto& item : list.items)
      if (auto value = parameter_value(item, p, method_name_, findings_, list.generated))
        out.push_back(std::move(*value));
    if (out.size() != list.items.size()) out.clear();
    return out;
  }

  void read_grid_axis(const Entry& e) {
    if (e.key == "seed" || e.key == "seeds") {
      findings_.error("E120", "seeds are no axis of the grid", e.place,
                      "write seeds = 3 or seeds = [0, 7] in the stage");
      return;
    }
    const auto index = parameter(e.key, e.place);
    if (!index || !claim(*index, method_.params[*index].name, e.place)) return;
    Axis axis{method_.params[*index].name, e.place, {}};
    if (const auto it = overrides_.find(*index); it != overrides_.end()) {
      findings_.warn("W204",
                     fmt::format("{} replaces the axis \"{}\" by one value",
                                 it->second->place.text->name, axis.name),
                     {});
      if (stage_.params[*index].is_null()) return;
      axis.points.push_back({stage_.params[*index], {{*index, stage_.params[*index]}}});
    } else {
      const auto list = values(axis.name, *index, e.value);
      std::map<std::string, size_t> seen;
      for (size_t i = 0; i < list.size(); ++i) {
        check_twice(axis.name, list[i], e.value, i, seen);
        axis.points.push_back({list[i], {{*index, list[i]}}});
      }
    }
    if (!axis.points.empty()) stage_.axes.push_back(std::move(axis));
  }

  /// An error when a value stands on the axis twice; `seen` holds where each stood first.
  void check_twice(const std::string& axis, const Json& value, const Node& node, size_t i,
                   std::map<std::string, size_t>& seen) {
    const auto [first, fresh] = seen.emplace(join_key(value), i);
    if (fresh) return;
    std::string how;
    const Node* list = node.is_array() ? &node : node.find("values");
    if (list) {
      const std::string a = source_of(list->items[first->second]), b = source_of(list->items[i]);
      if (a != b && !a.empty() && !b.empty()) how = " (" + a + " and " + b + ")";
    }
    const std::string shown =
        value.is_number_float() ? ecmascript(value.get<double>()) : value.dump();
    findings_.error("E120", fmt::format("axis \"{}\" lists {} twice{}", axis, shown, how),
                    list ? list->items[i].place : node.place);
  }

  void read_zip(const Node& zip) {
    const Fields f(zip, "zip of " + fields_.what(), findings_);
    Axis axis{f.text("axis"), zip.place, {}};
    std::vector<std::pair<size_t, std::vector<Json>>> members;
    std::string joined;
    for (const auto& e : zip.entries)
      if (e.key != "axis") joined += (joined.empty() ? "" : "+") + e.key;
    if (axis.name.empty()) axis.name = joined;
    const std::string title = "zip \"" + axis.name + "\"";
    if (method_.param(axis.name) || axis.name == "seed" || axis.name == "case")
      findings_.error("E121",
                      title + (joined == axis.name ? " moves one parameter; write it in the grid"
                                                   : " needs another name: that one is taken"),
                      f.place("axis"));
    for (const auto& e : zip.entries) {
      if (e.key == "axis") continue;
      const auto index = parameter(e.key, e.place);
      if (!index || !claim(*index, axis.name, e.place)) continue;
      auto list = values(e.key, *index, e.value);
      if (list.empty()) continue;
      if (!members.empty() && members.front().second.size() != list.size())
        findings_.error("E121",
                        fmt::format("{}: {} has {} values, {} has {}", title,
                                    method_.params[members.front().first].name,
                                    members.front().second.size(), e.key, list.size()),
                        e.place);
      else
        members.emplace_back(*index, std::move(list));
    }
    if (joined.empty()) findings_.error("E121", "a zip needs parameters", zip.place);
    if (members.empty()) return;
    for (size_t i = 0; i < members.front().second.size(); ++i) {
      AxisPoint point{static_cast<int64_t>(i), {}};
      for (const auto& [index, list] : members) point.sets.emplace_back(index, list[i]);
      axis.points.push_back(std::move(point));
    }
    add_unique(std::move(axis));
  }

  void add_unique(Axis axis) {
    for (const auto& other : stage_.axes)
      if (other.name == axis.name) {
        findings_.error("E120", "axis \"" + axis.name + "\" is given twice", axis.place);
        return;
      }
    stage_.axes.push_back(std::move(axis));
  }

  void read_cases() {
    Axis axis{"case", fields_.place("cases"), {}};
    for (const Node* table : fields_.tables("cases")) {
      const Fields f(*table, "case of " + fields_.what(), findings_);
      if (!f.require("name")) continue;
      AxisPoint point{f.text("name"), {}};
      for (const auto& other : axis.points)
        if (other.value == point.value)
          findings_.error("E120", "case " + point.value.dump() + " is given twice",
                          f.place("name"));
      for (const auto& e : table->entries) {
        if (e.key == "name") continue;
        const auto index = parameter(e.key, e.place);
        if (!index || !claim(*index, "case", e.place)) continue;
        if (auto value = parameter_value(e.value, method_.params[*index], method_name_, findings_))
          point.sets.emplace_back(*index, std::move(*value));
      }
      axis.points.push_back(std::move(point));
    }
    if (!axis.points.empty()) stage_.axes.push_back(std::move(axis));
  }

  /// Whether every point of the axis that owns it sets the parameter.
  bool always_set(size_t index) const {
    for (const auto& axis : stage_.axes) {
      if (axis.name != set_by_[index]) continue;
      return std::all_of(axis.points.begin(), axis.points.end(), [&](const AxisPoint& p) {
        return std::any_of(p.sets.begin(), p.sets.end(),
                           [&](const Assignment& a) { return a.first == index; });
      });
    }
    return !set_by_[index].empty();
  }

  void fill_defaults() {
    for (size_t i = 0; i < method_.params.size(); ++i) {
      const ParamSchema& p = method_.params[i];
      if (given_.contains(i)) continue;
      if (!p.required()) {
        stage_.params[i] = p.fallback;
      } else if (!always_set(i)) {
        findings_.error(
            "E105",
            fmt::format("stage \"{}\" needs parameter \"{}\" ({}), which has no default",
                        stage_.name, p.name, type_name(p.type)),
            stage_.place, p.doc.empty() ? "" : p.name + ": " + p.doc);
      }
    }
  }

  std::vector<std::string> scope() const {
    std::vector<std::string> out;
    for (const auto& axis : stage_.axes) out.push_back(axis.name);
    for (const auto& p : method_.params) out.push_back(p.name);
    return out;
  }

  void read_excludes() {
    const auto known = scope();
    const auto is_known = [&](const std::string& name) {
      return std::find(known.begin(), known.end(), name) != known.end();
    };
    for (const Node* table : fields_.tables("exclude")) {
      ExcludeRule rule;
      rule.place = table->place;
      const Fields f(*table, "exclude of " + fields_.what(), findings_);
      for (const auto& e : table->entries) {
        if (e.key == "if") {
          rule.condition = condition(f.text("if"), e.value, known);
          rule.condition_text = f.text("if");
          rule.condition_place = e.value.place;
        } else if (!is_known(e.key)) {
          findings_.error("E130", fmt::format("unknown name \"{}\" in exclude", e.key), e.place,
                          did_you_mean(e.key, known));
        } else {
          const Json value = to_json(e.value);
          rule.matches.emplace_back(
              e.key, value.is_array() ? value.get<std::vector<Json>>() : std::vector<Json>{value});
        }
      }
      if (table->entries.empty()) findings_.error("E130", "an exclude rule is empty", table->place);
      stage_.exclude.push_back(std::move(rule));
    }
  }

  std::optional<Expression> condition(const std::string& text, const Node& node,
                                      const std::vector<std::string>& known) {
    if (!node.is_string()) return std::nullopt;
    try {
      Expression expression = Expression::parse(text);
      for (const auto& name : expression.names())
        if (std::find(known.begin(), known.end(), name.text) == known.end())
          findings_.error("E130", "unknown name \"" + name.text + "\" in expression",
                          inside(node.place, text, name.offset, name.width),
                          did_you_mean(name.text, known));
      return expression;
    } catch (const ExpressionError& error) {
      findings_.error("E130", error.what(), inside(node.place, text, error.offset, error.width));
      return std::nullopt;
    }
  }

  void read_seeds() {
    const Node* node = fields_.node("seeds");
    if (!node) return;
    Axis axis{"seed", node->place, {}};
    constexpr int64_t kMost = 100000;
    if (node->is(Node::Kind::kInteger) && node->integer >= 1 && node->integer <= kMost) {
      for (int64_t i = 0; i < node->integer; ++i) axis.points.push_back({i, {}});
    } else if (node->is_array()) {
      if (node->items.empty()) findings_.error("E120", "axis \"seed\" is empty", node->place);
      std::map<std::string, size_t> seen;
      for (size_t i = 0; i < node->items.size(); ++i) {
        const Node& item = node->items[i];
        if (!item.is(Node::Kind::kInteger) || item.integer < 0) return mismatch_seeds();
        check_twice(axis.name, item.integer, *node, i, seen);
        axis.points.push_back({item.integer, {}});
      }
    } else {
      return mismatch_seeds();
    }
    stage_.axes.push_back(std::move(axis));
  }
  void mismatch_seeds() const {
    fields_.mismatch("seeds", "a number of seeds from 1 on, or a list of integers from 0 on");
  }

  const Fields& fields_;
  Stage& stage_;
  const MethodSchema& method_;
  std::string method_name_;
  Findings& findings_;
  std::vector<std::string> set_by_;  // the axis that sets each parameter
  std::map<size_t, const Node*> overrides_;
  std::set<size_t> given_;
};

}  // namespace

void read_axes(const Fields& fields, Stage& stage, Findings& findings) {
  AxesReader(fields, stage, findings).read();
}

}  // namespace assay
