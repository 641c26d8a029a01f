#include "core/plan/fields.hpp"
#include "core/plan/generators.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace assay {
namespace {

constexpr int64_t kMost = 100000;  // values on one axis

double tidy(double x) { return std::strtod(fmt::format("{:.12g}", x).c_str(), nullptr); }

class Generator {
 public:
  Generator(const std::string& axis, const Node& node, Findings& findings)
      : axis_(axis),
        node_(node),
        fields_(node, "axis \"" + axis + "\"", findings),
        findings_(findings) {}

  std::vector<Node> values() {
    fields_.only({"values", "range", "step", "linspace", "logspace", "n", "round"});
    int kinds = 0;
    for (const char* kind : {"values", "range", "linspace", "logspace"}) kinds += fields_.has(kind);
    if (kinds != 1)
      return refuse("needs one of values, range, linspace and logspace"), std::vector<Node>{};
    if (const Node* list = fields_.node("values")) {
      if (list->is_array()) return list->items;
      return refuse("has values that are no list"), std::vector<Node>{};
    }
    std::vector<double> numbers = fields_.has("range") ? range() : spaced();
    const double multiple = fields_.number("round").value_or(0);
    const bool whole = fields_.has("range") && integers_;
    std::vector<Node> out;
    for (double x : numbers) {
      if (multiple > 0) x = std::round(x / multiple) * multiple;
      out.push_back(number_node(tidy(x), whole));
    }
    return out;
  }

 private:
  void refuse(const std::string& what) {
    findings_.error("E120", "axis \"" + axis_ + "\" " + what, node_.place,
                    "as in { range = [0, 10], step = 2 }, { linspace = [0, 1], n = 5 } or "
                    "{ logspace = [1e3, 1e5], n = 3, round = 1 }");
  }
  Node number_node(double x, bool whole) const {
    Node n;
    n.place = node_.place;
    n.kind = whole ? Node::Kind::kInteger : Node::Kind::kReal;
    n.real = x;
    n.integer = whole ? static_cast<int64_t>(x) : 0;
    return n;
  }
  /// The two finite numbers under `key`.
  std::optional<std::pair<double, double>> ends(const char* key) {
    const Node& list = *fields_.node(key);
    std::vector<double> two;
    for (const auto& item : list.items) {
      if (item.is(Node::Kind::kInteger)) two.push_back(static_cast<double>(item.integer));
      if (item.is(Node::Kind::kReal)) two.push_back(item.real), integers_ = false;
    }
    if (list.items.size() == 2 && two.size() == 2 && std::isfinite(two[0]) && std::isfinite(two[1]))
      return std::pair(two[0], two[1]);
    refuse(std::string("needs ") + key + " = [FIRST, LAST]");
    return std::nullopt;
  }

  std::vector<double> range() {
    const auto both = ends("range");
    const Node* node = fields_.node("step");
    if (node && node->is(Node::Kind::kReal)) integers_ = false;
    const double step = node ? fields_.number("step").value_or(0) : 1;
    if (!both) return {};
    const double count = std::floor((both->second - both->first) / step + 1e-9) + 1;
    if (!std::isfinite(step) || step == 0 || !(count >= 1) || count > kMost)
      return refuse(fmt::format("has a range without values, or with more than {}", kMost)),
             std::vector<double>{};
    std::vector<double> out;
    for (double i = 0; i < count; ++i) out.push_back(both->first + i * step);
    return out;
  }

  std::vector<double> spaced() {
    const bool log = fields_.has("logspace");
    const auto both = ends(log ? "logspace" : "linspace");
    if (!both) return {};
    if (log && (both->first <= 0 || both->second <= 0))
      return refuse("needs a logspace between positive numbers"), std::vector<double>{};
    if (!fields_.require("n")) return {};
    const int64_t n = fields_.whole("n", 2, 2, kMost);
    std::vector<double> out;
    for (int64_t i = 0; i < n; ++i) {
      const double t = static_cast<double>(i) / static_cast<double>(n - 1);
      out.push_back(log ? std::pow(10, std::log10(both->first) +
                                           t * (std::log10(both->second) - std::log10(both->first)))
                        : both->first + t * (both->second - both->first));
    }
    return out;
  }

  const std::string& axis_;
  const Node& node_;
  Fields fields_;
  Findings& findings_;
  bool integers_ = true;
};

}  // namespace

AxisValues axis_values(const std::string& axis, const Node& node, Findings& findings) {
  if (node.is_array()) {
    if (node.items.empty()) findings.error("E120", "axis \"" + axis + "\" is empty", node.place);
    return {node.items, false};
  }
  if (node.is_table()) {
    auto items = Generator(axis, node, findings).values();
    return {std::move(items), !node.find("values")};
  }
  findings.error("E120",
                 "axis \"" + axis + "\" must be a list or a generator, got " + describe(node),
                 node.place, "write [" + to_json(node).dump() + "] for one value");
  return {};
}

}  // namespace assay
