#include "core/base/number.hpp"
#include "core/base/text.hpp"
#include "core/report/aggregate.hpp"
#include "core/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr size_t kMostHeadlines = 5;  // values of a run table

/// The distinct combinations of `axes` among rows, in order of first appearance.
std::vector<std::vector<std::string>> combinations(const Rows& rows,
                                                   const std::vector<std::string>& axes) {
  std::vector<std::vector<std::string>> out;
  std::set<std::vector<std::string>> seen;
  for (const Row* row : rows) {
    std::vector<std::string> key;
    for (const auto& name : axes) {
      const Json* value = row->coordinate(name);
      key.push_back(value ? show(*value) : "–");
    }
    if (seen.insert(key).second) out.push_back(std::move(key));
  }
  return out;
}

bool has_key(const Row& row, const std::vector<std::string>& axes,
             const std::vector<std::string>& key) {
  for (size_t i = 0; i < axes.size(); ++i) {
    const Json* value = row.coordinate(axes[i]);
    if ((value ? show(*value) : "–") != key[i]) return false;
  }
  return true;
}

struct Entry {
  std::vector<double> per_run, pooled;
  std::set<std::string> texts;
  size_t n = 0;  // runs that have a value
};

Entry gather(Frame& frame, const Rows& rows, const ValueText& text) {
  Entry e;
  for (const Row* row : distinct_runs(rows)) {
    const Value& v = frame.value(*row, text);
    if (v.absent()) continue;
    if (v.is_text()) {
      e.texts.insert(v.strings.begin(), v.strings.end());
      ++e.n;
      continue;
    }
    std::vector<double> finite;
    for (const double x : v.numbers)
      if (std::isfinite(x)) finite.push_back(x);
    if (finite.empty()) continue;
    ++e.n;
    e.per_run.push_back(mean(finite));
    e.pooled.insert(e.pooled.end(), finite.begin(), finite.end());
  }
  return e;
}

std::string spell(const std::vector<std::string>& aggs, const std::vector<double>& values,
                  const std::string& format) {
  std::string out = format_number(values[0], format);
  const auto find = [&](const char* name) -> const double* {
    for (size_t i = 1; i < aggs.size(); ++i)
      if (aggs[i] == name && std::isfinite(values[i])) return &values[i];
    return nullptr;
  };
  for (size_t i = 1; i < aggs.size(); ++i) {
    if (!std::isfinite(values[i]) || aggs[i] == "n" || aggs[i] == "max") continue;
    const std::string number = format_number(values[i], format);
    if (aggs[i] == "sd" || aggs[i] == "sem" || aggs[i] == "ci95")
      out += " ± " + number;
    else if (aggs[i] == "min" && find("max"))
      out += " [" + number + ", " + format_number(*find("max"), format) + "]";
    else
      out += " / " + number;
  }
  if (!find("min") && find("max")) out += " / " + format_number(*find("max"), format);
  return out;
}

struct Made {
  Cell cell;
  size_t n = 0;
  double first = std::nan("");
};

Made make_cell(const Entry& e, const TableSpec& spec, const std::vector<Aggregate>& aggs) {
  Made m;
  m.n = e.n;
  m.cell.text = "–";
  m.cell.raw.resize(aggs.size());
  if (!e.texts.empty()) {
    m.cell.text = e.texts.size() == 1 ? *e.texts.begin() : fmt::format("{} values", e.texts.size());
    m.cell.raw[0] = m.cell.text;
    return m;
  }
  std::vector<double> values;
  for (const auto& a : aggs) values.push_back(a.of(a.pools() ? e.pooled : e.per_run));
  m.first = values[0];
  if (!std::isfinite(values[0])) return m;
  m.cell.text = spell(spec.agg, values, spec.format);
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(values[i])) m.cell.raw[i] = ecmascript(values[i]);
  return m;
}

/// Marks the best of each column; of a table with one line, the best of each value's columns.
void mark_best(const TableSpec& spec, std::vector<std::vector<Made>>& made) {
  const size_t nv = spec.values.size();
  if (made.empty() || spec.best.empty()) return;
  for (size_t v = 0; v < nv; ++v) {
    const std::string& which = v < spec.best.size() ? spec.best[v] : spec.best.back();
    if (which.empty()) continue;
    const auto mark = [&](const std::vector<Made*>& group) {
      double best = std::nan("");
      for (const Made* m : group)
        if (std::isfinite(m->first) && !(which == "max" ? best >= m->first : best <= m->first))
          best = m->first;
      for (Made* m : group) m->cell.best = group.size() > 1 && compare(m->first, "==", best);
    };
    if (made.size() == 1) {
      std::vector<Made*> group;
      for (size_t c = v; c < made[0].size(); c += nv) group.push_back(&made[0][c]);
      mark(group);
    } else {
      for (size_t c = v; c < made[0].size(); c += nv) {
        std::vector<Made*> group;
        for (auto& line : made) group.push_back(&line[c]);
        mark(group);
      }
    }
  }
}

std::string spell_aggregates(const std::vector<std::string>& aggs) {
  std::string out = aggs[0];
  for (size_t i = 1; i < aggs.size(); ++i) {
    if (aggs[i] == "n") continue;
    const bool spread = aggs[i] == "sd" || aggs[i] == "sem" || aggs[i] == "ci95";
    out += (spread ? " ± " : " / ") + (aggs[i] == "ci95" ? "95 % interval" : aggs[i]);
  }
  return out;
}

std::string value_label(const TableSpec& spec, size_t v) {
  return v < spec.labels.size() && !spec.labels[v].empty() ? spec.labels[v]
                                                           : short_name(spec.values[v]);
}

/// Whether an axis has numbers: then its name stands with each.
bool is_number(const Rows& rows, const std::string& axis) {
  return std::any_of(rows.begin(), rows.end(), [&](const Row* row) {
    const Json* value = row->coordinate(axis);
    return value && value->is_number();
  });
}

/// Heads, cells and n of every column; `usual` becomes the n of most cells.
std::vector<std::vector<Made>> fill(const TableSpec& spec, Frame& frame, const Rows& rows,
                                    const std::vector<Aggregate>& aggs, Table& t) {
  const auto lines = combinations(rows, spec.rows), blocks = combinations(rows, spec.columns);
  for (const auto& block : blocks)
    for (size_t v = 0; v < spec.values.size(); ++v) {
      Column c;
      for (size_t i = 0; i < block.size(); ++i)
        c.head.push_back(is_number(rows, spec.columns[i]) ? spec.columns[i] + " = " + block[i]
                                                          : block[i]);
      if (spec.values.size() > 1 || spec.columns.empty()) c.head.push_back(value_label(spec, v));
      std::string prefix;
      for (size_t i = 0; i < block.size(); ++i) prefix += spec.columns[i] + "=" + block[i] + " ";
      for (const auto& a : spec.agg) c.raw.push_back(prefix + value_label(spec, v) + " " + a);
      t.columns.push_back(std::move(c));
    }
  std::vector<std::vector<Made>> made;
  for (const auto& line : lines) {
    t.lines.push_back({line, {}});
    Rows of_line;
    for (const Row* row : rows)
      if (has_key(*row, spec.rows, line)) of_line.push_back(row);
    auto& cells = made.emplace_back();
    for (const auto& block : blocks) {
      Rows of_cell;
      for (const Row* row : of_line)
        if (has_key(*row, spec.columns, block)) of_cell.push_back(row);
      for (const auto& text : spec.values)
        cells.push_back(make_cell(gather(frame, of_cell, text), spec, aggs));
    }
  }
  return made;
}

}  // namespace

std::string format_number(double x, const std::string& format) {
  const auto bad = [&]() -> BadInput {
    return {"E180", "\"" + format + "\" is no number format",
            "write .4g, .2e, .3f, d or .1% (digits, then the notation)"};
  };
  if (format.empty()) throw bad();
  const char kind = format.back();
  const std::string digits = format.substr(0, format.size() - 1);
  const bool plain =
      digits.empty() ||
      (digits.size() <= 3 && digits[0] == '.' &&
       digits.find_first_not_of("0123456789", 1) == std::string::npos && digits.size() > 1);
  if (!plain || std::string("gefd%").find(kind) == std::string::npos) throw bad();
  if (!std::isfinite(x)) return "–";
  const int n = digits.empty() ? (kind == '%' ? 1 : 6) : std::atoi(digits.c_str() + 1);
  if (kind == 'd') return fmt::format("{:.0f}", x);
  if (kind == '%') return fmt::format("{:.{}f} %", 100 * x, n);
  const double y = x == 0 ? 0.0 : x;
  return kind == 'g'   ? fmt::format("{:.{}g}", y, n)
         : kind == 'e' ? fmt::format("{:.{}e}", y, n)
                       : fmt::format("{:.{}f}", y, n);
}

namespace {
/// "auc: mean ± sd over seed, n = 3": what a cell holds.
std::string describe(const TableSpec& spec, const std::vector<std::string>& shown, size_t n,
                     bool differs) {
  std::vector<std::string> over = spec.over;
  for (const auto& axis : shown) std::erase(over, axis);
  std::string out = value_label(spec, 0);
  if (spec.values.size() > 1 || spec.columns.empty()) out.clear();
  if (n <= 1 && !differs) return out;
  out += (out.empty() ? "" : ": ") + spell_aggregates(spec.agg);
  if (!over.empty()) out += " over " + join(over, ", ");
  return out + fmt::format(", n = {}{}", n, differs ? " unless stated" : "");
}
}  // namespace

Table make_table(const TableSpec& given, Frame& frame) {
  TableSpec spec = given;
  if (spec.agg.empty()) spec.agg = {"mean"};
  const Rows rows = frame.select(spec.stage, spec.where);
  std::vector<std::string> shown = spec.rows;
  shown.insert(shown.end(), spec.columns.begin(), spec.columns.end());
  require_axes(rows, "table \"" + spec.name + "\"", shown, spec.over);
  std::vector<Aggregate> aggs;
  for (const auto& a : spec.agg) aggs.push_back(parse_aggregate(a));

  Table t{spec.name, spec.title, spec.caption, spec.rows, {}, {}, ""};
  auto made = fill(spec, frame, rows, aggs, t);
  mark_best(spec, made);
  std::map<size_t, size_t> sizes;
  for (const auto& line : made)
    for (const auto& m : line)
      if (m.n) ++sizes[m.n];
  size_t usual = 0;
  for (const auto& [n, times] : sizes)
    if (usual == 0 || times >= sizes[usual]) usual = n;
  const bool always = std::find(spec.agg.begin(), spec.agg.end(), "n") != spec.agg.end();
  for (size_t i = 0; i < made.size(); ++i)
    for (auto& m : made[i]) {
      if (m.n && spec.agg[0] != "n" && (always || m.n != usual))
        m.cell.text += fmt::format(" (n = {})", m.n);
      t.lines[i].cells.push_back(std::move(m.cell));
    }
  t.note = describe(spec, shown, usual, sizes.size() > 1);
  return t;
}

std::vector<ValueText> headline_values(const MethodSchema& schema) {
  std::vector<ValueText> headline, all;
  for (const auto& port : schema.outputs) {
    if ((port.kind != ASSAY_SCALAR && port.kind != ASSAY_SERIES) || port.name.ends_with("/*"))
      continue;
    all.push_back("metrics/" + port.name);
    if (port.flags & ASSAY_HEADLINE) headline.push_back(all.back());
  }
  return headline.empty() ? all : headline;
}

std::vector<TableSpec> default_tables(const Plan& plan) {
  std::vector<TableSpec> out;
  for (const auto& stage : plan.stages) {
    const auto point = std::find_if(plan.points.begin(), plan.points.end(),
                                    [&](const Point& p) { return p.stage == stage.name; });
    if (point == plan.points.end()) continue;
    TableSpec t;
    t.name = t.stage = stage.name;
    t.title = stage.title.empty() ? stage.name : stage.title;
    t.values = headline_values(plan.schema(plan.runs[point->run]));
    if (t.values.empty()) continue;
    for (const auto& axis : stage.axes)
      if (axis != "seed") t.rows.push_back(axis);
    t.agg = {"mean", "sd"};
    out.push_back(std::move(t));
  }
  return out;
}

Table run_table(const StageInfo& stage, Frame& frame) {
  Table t{stage.name, stage.title, "", stage.axes, {}, {}, ""};
  std::vector<ValueText> values;
  for (const Row* row : frame.select(stage.name, "")) {
    if (t.columns.empty()) {
      values = headline_values(frame.plan().schema(*row->run));
      if (values.size() > kMostHeadlines) values.resize(kMostHeadlines);
      for (const auto& v : values) t.columns.push_back({{short_name(v)}, {short_name(v)}, true});
      t.columns.push_back({{"state"}, {"state"}, false});
      t.columns.push_back({{"seconds"}, {"seconds"}, true});
      t.columns.push_back({{"run"}, {"run"}, false});
    }
    Line line;
    for (const auto& name : stage.axes) {
      const Json* axis = row->coordinate(name);
      line.labels.push_back(axis ? show(*axis) : "–");
    }
    for (const auto& text : values) {
      const Value& v = frame.value(*row, text);
      const double x = v.absent() ? std::nan("") : v.number(0);
      line.cells.push_back(
          {format_number(x, ".4g"), {std::isfinite(x) ? ecmascript(x) : std::string()}, false});
    }
    const std::string state = to_string(row->status->state);
    const Value seconds = frame.value(*row, "provenance/wall_seconds");
    const bool timed = !seconds.absent() && !seconds.is_text();
    line.cells.push_back({state, {state}, false});
    line.cells.push_back({timed ? format_number(seconds.number(0), ".1f") : "–",
                          {timed ? ecmascript(seconds.number(0)) : std::string()},
                          false});
    line.cells.push_back({row->run->short_id(), {row->run->short_id()}, false});
    t.lines.push_back(std::move(line));
  }
  return t;
}

std::string render_table(const TableSpec& spec, Frame& frame, Format format) {
  return render_table(make_table(spec, frame), format);
}

}  // namespace assay
