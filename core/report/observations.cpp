#include "core/base/number.hpp"
#include "core/base/text.hpp"
#include "core/report/observations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

bool is_step(const ValueText& x) { return x == "step"; }
bool is_index(const ValueText& x) { return x.empty() || x == "index"; }

/// One role of the plot (x, y, series, ...) for one run.
struct Role {
  Value value;
  bool given = false;
  std::string name;  // "lr": "lr = 0.1" names a series

  Coordinate at(size_t i) const {
    if (value.is_text()) return {0, value.show(i)};
    return {value.number(i), ""};
  }
  std::string label(size_t i) const {
    if (!given) return "";
    if (value.boolean) return value.number(i) != 0 ? name : "not " + name;
    return value.is_text() ? value.show(i) : name + " = " + value.show(i);
  }
};

struct Roles {
  Role x, y, z, series, marker, facet;
  size_t rows = 1;
  std::string missing;
};

Role read(Frame& frame, const Row& row, const ValueText& text, Roles& roles) {
  Role role;
  if (text.empty()) return role;
  role.given = true;
  role.name = short_name(text);
  role.value = frame.value(row, text);
  if (role.value.absent() && roles.missing.empty()) roles.missing = role.value.missing;
  return role;
}

void fit_lengths(Roles& r, const std::string& what) {
  bool first = true;
  for (Role* role : {&r.x, &r.y, &r.z, &r.series, &r.marker, &r.facet}) {
    if (!role->given || role->value.scalar() || role->value.absent()) continue;
    if (!first && role->value.size() != r.rows)
      throw BadInput("E180", fmt::format("{}: columns of {} and {} rows cannot be plotted together",
                                         what, r.rows, role->value.size()));
    r.rows = role->value.size();
    first = false;
  }
}

Roles read_roles(const PlotSpec& spec, Frame& frame, const Row& row) {
  Roles r;
  const ValueText& y = spec.value.empty() ? spec.y : spec.value;
  r.series = read(frame, row, spec.series, r);
  r.marker = read(frame, row, spec.marker, r);
  r.facet = read(frame, row, spec.facet, r);
  r.z = read(frame, row, spec.z, r);
  if (is_step(spec.x)) {
    const auto s = frame.series(row, metric_name(y));
    r.x.given = r.y.given = true;
    if (!s) {
      r.missing = "it logged no " + y;
      return r;
    }
    const std::vector<int64_t> shape{static_cast<int64_t>(s->values.size())};
    r.x.value = {s->steps, {}, shape, "", false};
    r.y.value = {s->values, {}, shape, "", false};
  } else {
    r.y = read(frame, row, y, r);
    if (!is_index(spec.x)) r.x = read(frame, row, spec.x, r);
  }
  fit_lengths(r, "plot \"" + spec.name + "\"");
  return r;
}

/// Names by number, in order of appearance.
class Names {
 public:
  size_t id(const std::string& name) {
    const auto [at, fresh] = ids_.try_emplace(name, names.size());
    if (fresh) names.push_back(name);
    return at->second;
  }
  std::vector<std::string> names;

  /// Names of an axis stay as the plan has them; numbers of a column are sorted.
  /// Returns the new number of each old one.
  std::vector<size_t> order(const ValueText& text) {
    std::vector<size_t> old(names.size()), renumbered(names.size());
    for (size_t i = 0; i < old.size(); ++i) old[i] = i;
    if (text.find('/') != ValueText::npos)
      std::stable_sort(old.begin(), old.end(),
                       [&](size_t a, size_t b) { return key(names[a]) < key(names[b]); });
    std::vector<std::string> ordered;
    for (size_t i = 0; i < old.size(); ++i) {
      renumbered[old[i]] = i;
      ordered.push_back(names[old[i]]);
    }
    names = std::move(ordered);
    return renumbered;
  }

 private:
  /// "noise = 0.1" by its number; "not noisy" before "noisy"; other texts as they appeared.
  static double key(const std::string& s) {
    const size_t at = s.rfind(" = ");
    if (at == std::string::npos) return s.starts_with("not ") ? -1 : 0;
    return std::strtod(s.c_str() + at + 3, nullptr);
  }
  std::map<std::string, size_t> ids_;
};

std::vector<std::string> used_axes(const PlotSpec& spec) {
  return {spec.x, spec.y, spec.z, spec.series, spec.marker, spec.facet};
}

/// The axes of the row that are (not) averaged over, as one text.
std::string spell(const Row& row, const std::vector<std::string>& over, bool averaged) {
  std::vector<std::string> names;
  for (const auto& [name, value] : row.point->axes)
    if ((std::find(over.begin(), over.end(), name) != over.end()) == averaged)
      names.push_back(name);
  return show_axes(row, names);
}

}  // namespace

std::string Coordinate::show() const { return text.empty() ? brief(number, 6) : text; }

bool Coordinate::operator<(const Coordinate& other) const {
  return std::tie(text, number) < std::tie(other.text, other.number);
}

Observations observe(const PlotSpec& spec, Frame& frame) {
  const Rows rows = frame.select(spec.stage, spec.where);
  auto shown = used_axes(spec);
  if (spec.kind == "scatter")  // every other axis is a point of its own
    for (const auto& axis : frame.stage(spec.stage).axes) shown.push_back(axis);
  require_axes(rows, "plot \"" + spec.name + "\"", shown, spec.over);
  std::vector<std::string> over = spec.over;
  for (const auto& axis : used_axes(spec)) std::erase(over, axis);

  Observations out;
  Names facets, series, markers, points, averaged;
  std::set<std::pair<size_t, size_t>> seen;
  size_t absent = 0;
  std::string why;
  for (const Row* row : rows) {
    const size_t point = points.id(spell(*row, over, false));
    if (!seen.insert({row->index, point}).second) continue;
    const Roles r = read_roles(spec, frame, *row);
    if (!r.missing.empty()) {
      ++absent;
      if (why.empty()) why = row->point->label() + ": " + r.missing.substr(0, r.missing.find(':'));
      continue;
    }
    for (const Role* role : {&r.x, &r.y, &r.z, &r.series, &r.marker, &r.facet})
      out.scalars &= role->value.scalar();
    const size_t of_row = averaged.id(spell(*row, over, true));
    for (size_t i = 0; i < r.rows; ++i)
      out.all.push_back(
          {facets.id(r.facet.label(i)), series.id(r.series.label(i)), markers.id(r.marker.label(i)),
           point, of_row, r.x.given ? r.x.at(i) : Coordinate{static_cast<double>(i), ""},
           r.y.given ? r.y.at(i) : Coordinate{}, r.z.given ? r.z.value.number(i) : 1});
  }
  if (absent)
    out.notes.push_back(fmt::format("{} of {} runs {} not shown ({})", absent, seen.size(),
                                    absent == 1 ? "is" : "are", why));
  const auto f = facets.order(spec.facet), s = series.order(spec.series),
             m = markers.order(spec.marker);
  for (auto& o : out.all) {
    o.facet = f[o.facet];
    o.series = s[o.series];
    o.marker = m[o.marker];
  }
  out.facets = facets.names;
  out.series = series.names;
  out.markers = markers.names;
  out.rows = averaged.names;
  return out;
}

std::string describe_value(const ValueText& text, const PlotSpec& spec, Frame& frame) {
  const std::string name = short_name(text);
  const Rows rows = frame.select(spec.stage, "");
  if (rows.empty() || !is_reference(text)) return name;
  const MethodSchema& schema = frame.plan().schema(*rows[0]->run);
  std::string unit;
  if (const std::string metric = metric_name(text); !metric.empty()) {
    if (const auto* port = schema.output(metric)) unit = port->unit;
  } else if (text.starts_with("arrays/")) {
    if (const auto* port = schema.output(name)) unit = port->unit;
  } else if (text.starts_with("tables/")) {
    const size_t slash = text.rfind('/');
    if (const auto* port = schema.output(text.substr(7, slash - 7)))
      for (const auto& field : port->fields)
        if (field.name == name) unit = field.unit;
  } else if (const auto* param = schema.param(text)) {
    unit = param->unit;
  }
  return unit.empty() ? name : name + " (" + unit + ")";
}

}  // namespace assay
