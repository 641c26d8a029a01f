#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/join.hpp"
#include "core/plan/report_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

struct Family {
  const char* noun;
  std::vector<assay_kind> kinds;
};

const Family& family(Reference::Kind kind) {
  static const Family metric{"metric", {ASSAY_SCALAR, ASSAY_SERIES}}, table{"table", {ASSAY_TABLE}},
      array{"array", {ASSAY_ARRAY}}, text{"text", {ASSAY_TEXT}};
  switch (kind) {
    case Reference::Kind::kMetric: return metric;
    case Reference::Kind::kTable: return table;
    case Reference::Kind::kArray: return array;
    default: return text;
  }
}

bool is_kind(const PortSchema& port, const Family& family) {
  return std::find(family.kinds.begin(), family.kinds.end(), port.kind) != family.kinds.end();
}

std::string list_or_none(const std::vector<std::string>& names) {
  return names.empty() ? "none" : join(names, ", ");
}

}  // namespace

const StageInfo* ReportCheck::info(const Stage& stage) const {
  for (const auto& s : plan_.stages)
    if (s.name == stage.name) return &s;
  return nullptr;
}

std::vector<std::string> ReportCheck::axes_of(const Stage& stage) const {
  const StageInfo* planned = info(stage);
  return planned ? planned->axes : std::vector<std::string>{};
}

std::vector<std::string> ReportCheck::coordinates(const Stage& stage) const {
  std::vector<std::string> out;
  if (const StageInfo* planned = info(stage)) out = planned->axes;
  for (const auto& p : stage.method->params)
    if (std::find(out.begin(), out.end(), p.name) == out.end()) out.push_back(p.name);
  return out;
}

const Stage* ReportCheck::stage(const Fields& item, const std::string& name,
                                const std::string& key) {
  left_out_ = false;
  if (name.empty()) {
    if (!item.has(key)) item.require(key);
    return nullptr;
  }
  const Stage* found = find_stage(stages_, name);
  if (!found) {
    findings_.error("E180", item.what() + " refers to stage \"" + name + "\", which does not exist",
                    item.place(key), did_you_mean(name, names_of(stages_)));
    return nullptr;
  }
  used_.insert(name);
  left_out_ = !found->enabled || (only_some_ && !info(*found));
  if (!found->enabled)
    findings_.warn("W205", item.what() + " is left out: stage \"" + name + "\" is not enabled",
                   item.header());
  return left_out_ || !found->method ? nullptr : found;
}

void ReportCheck::metric_selector(const Reference& r, const PortSchema& port, const Place& place) {
  if (port.kind == ASSAY_SCALAR && !r.selector.empty() && r.selector != "last")
    return findings_.error(
        "E180",
        fmt::format("\"{}\" is a number once a run; @{} needs a series", r.name, r.selector),
        place);
  if (r.selector == "best" && !(port.flags & (ASSAY_LOWER_IS_BETTER | ASSAY_HIGHER_IS_BETTER)))
    findings_.error("E180",
                    fmt::format("\"{}\" does not declare which of its values is the best", r.name),
                    place, "write @min or @max");
}

void ReportCheck::reference(const Fields& item, const Stage& stage, const Reference& r,
                            const Place& place) {
  if (r.kind == Reference::Kind::kProvenance) {
    static const std::vector<std::string> known = {"cpu_seconds", "max_rss", "wall_seconds"};
    if (std::find(known.begin(), known.end(), r.name) == known.end())
      findings_.error("E180",
                      fmt::format("{} refers to \"{}\"; there are provenance/{}", item.what(),
                                  r.text, join(known, ", provenance/")),
                      place, did_you_mean(r.name, known));
    return;
  }
  const Family& wanted = family(r.kind);
  const PortSchema* port = stage.method->output(r.name);
  if (!port || !is_kind(*port, wanted)) {
    std::vector<std::string> known;
    for (const auto& o : stage.method->outputs)
      if (is_kind(o, wanted)) known.push_back(o.name);
    std::string help = did_you_mean(r.name, known);
    if (port) help = fmt::format("\"{}\" is a {}", r.name, kind_name(port->kind));
    findings_.error("E180",
                    fmt::format("{} refers to {} \"{}\" of stage \"{}\"; it declares: {}",
                                item.what(), wanted.noun, r.name, stage.name, list_or_none(known)),
                    place, help);
    return;
  }
  if (r.kind == Reference::Kind::kMetric) metric_selector(r, *port, place);
  if (r.kind != Reference::Kind::kTable || port->fields.empty()) return;
  std::vector<std::string> columns;
  for (const auto& f : port->fields) columns.push_back(f.name);
  if (std::find(columns.begin(), columns.end(), r.column) == columns.end())
    findings_.error("E180",
                    fmt::format("{} refers to column \"{}\" of table \"{}\" of stage \"{}\"; it "
                                "declares: {}",
                                item.what(), r.column, r.name, stage.name, join(columns, ", ")),
                    place, did_you_mean(r.column, columns));
}

void ReportCheck::value(const Fields& item, const Stage& stage, const Node& node, Want want) {
  if (!node.is_string()) {
    findings_.error(
        "E021", fmt::format("a value of {} must be a string, got {}", item.what(), describe(node)),
        node.place);
    return;
  }
  try {
    const ValueExpression value = ValueExpression::parse(node.text);
    const Reference* single = value.single();
    const auto wants = [&](Reference::Kind kind, const char* form) {
      if (!single || single->kind != kind)
        findings_.error("E180",
                        fmt::format("{} takes {}, got \"{}\"", item.what(), form, node.text),
                        node.place);
    };
    if (want == Want::kArray) wants(Reference::Kind::kArray, "arrays/NAME");
    if (want == Want::kText) wants(Reference::Kind::kText, "text/NAME");
    if (want == Want::kColumn) wants(Reference::Kind::kTable, "tables/TABLE/COLUMN");
    for (size_t i = 0; i < value.references().size(); ++i) {
      const Reference& r = value.references()[i];
      const Place place = inside(node.place, node.text, value.offsets()[i], r.text.size());
      if (want == Want::kNumbers && r.kind == Reference::Kind::kText)
        findings_.error("E180", fmt::format("\"{}\" is a text, not a number", r.text), place);
      else
        reference(item, stage, r, place);
    }
  } catch (const ExpressionError& error) {
    findings_.error("E130", error.what(), inside(node.place, node.text, error.offset, error.width));
  }
}

bool ReportCheck::axis(const Fields& item, const Stage& stage, const std::string& name,
                       const Place& place) {
  const auto known = coordinates(stage);
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  if (!info(stage)) return false;   // its axes are not known: an earlier error
  if (name == "seed") return true;  // of a stage that has none
  const StageInfo& planned = *info(stage);
  findings_.error("E180",
                  fmt::format("{} refers to axis \"{}\" of stage \"{}\"; axes: {}", item.what(),
                              name, stage.name, list_or_none(planned.axes)),
                  place, did_you_mean(name, known));
  return false;
}

void ReportCheck::where(const Fields& item, const Stage& stage, const std::string& text,
                        const std::vector<std::string>& accounted, const std::string& how) {
  const StageInfo* planned = info(stage);
  const auto at = [&](size_t offset, size_t width) {
    return inside(item.place("where"), text, offset, width);
  };
  std::vector<const Point*> points;
  try {
    const auto known = coordinates(stage);
    bool unknown = false;
    const std::vector<Expression::Name> names =
        text.empty() ? std::vector<Expression::Name>{} : Expression::parse(text).names();
    for (const auto& name : names) {
      if (std::find(known.begin(), known.end(), name.text) != known.end()) continue;
      unknown = true;
      if (planned)
        findings_.error("E130", "unknown name \"" + name.text + "\" in expression",
                        at(name.offset, name.width), did_you_mean(name.text, known));
    }
    if (unknown || !planned) return;
    points = select_points(plan_, stage.name, text);
  } catch (const ExpressionError& error) {
    findings_.error("E130", error.what(), at(error.offset, error.width));
    return;
  }
  if (points.empty())
    findings_.warn("W205",
                   fmt::format("{}: no run of stage \"{}\" has {}", item.what(), stage.name, text),
                   item.place("where"));
  for (const auto& axis : planned->axes) {
    if (std::find(accounted.begin(), accounted.end(), axis) != accounted.end()) continue;
    std::set<std::string> values;
    for (const Point* point : points) values.insert(join_key(*point->axis(axis)));
    if (values.size() > 1)
      findings_.error(
          "E181",
          fmt::format("{}: axis \"{}\" ({} values) of stage \"{}\" is neither shown nor "
                      "aggregated",
                      item.what(), axis, values.size(), stage.name),
          item.header(), how);
  }
}

}  // namespace assay
