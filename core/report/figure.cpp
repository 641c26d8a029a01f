#include "core/base/number.hpp"
#include "core/base/text.hpp"
#include "core/report/aggregate.hpp"
#include "core/report/escape.hpp"
#include "core/report/figure.hpp"
#include "core/report/figure_distributions.hpp"
#include "core/report/observations.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

PlotKind parse_kind(const PlotSpec& spec) {
  static const std::map<std::string, PlotKind> kKinds{
      {"line", PlotKind::line},           {"scatter", PlotKind::scatter}, {"bar", PlotKind::bar},
      {"histogram", PlotKind::histogram}, {"box", PlotKind::box},         {"cdf", PlotKind::cdf},
      {"heatmap", PlotKind::heatmap}};
  const auto at = kKinds.find(spec.kind);
  if (at != kKinds.end()) return at->second;
  throw BadInput("E180", "plot \"" + spec.name + "\": no kind \"" + spec.kind + "\"",
                 "one of: line, scatter, bar, histogram, box, heatmap, cdf");
}

/// The error about the aggregate of the samples.
Interval error_of(const std::string& kind, const Aggregate& agg, Numbers x, double y) {
  const Interval none{kAbsent, kAbsent};
  if (kind.empty() || x.empty()) return none;
  if (kind == "sd") return {y - sd(x), y + sd(x)};
  if (kind == "sem") return {y - sem(x), y + sem(x)};
  if (kind == "ci95") return agg.interval(x).value_or(none);
  if (kind == "minmax")
    return {*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end())};
  throw BadInput("E180", "no error \"" + kind + "\"", "one of: sd, sem, ci95, minmax");
}

/// Values of one point of the figure: by run, in the order of the runs.
struct Pile {
  std::map<size_t, std::vector<double>> by_row;
  std::vector<double> samples(bool pooled) const {
    std::vector<double> out;
    for (const auto& [row, values] : by_row)
      if (pooled)
        out.insert(out.end(), values.begin(), values.end());
      else
        out.push_back(mean(values));
    return out;
  }
};

FigurePoint summarise(const PlotSpec& spec, const Aggregate& agg, double x, const Pile& pile) {
  const auto samples = pile.samples(agg.pools());
  FigurePoint p;
  p.x = x;
  p.y = agg.of(samples);
  p.n = samples.size();
  const Interval e = error_of(spec.error, agg, samples, p.y);
  p.low = e.low;
  p.high = e.high;
  return p;
}

using SeriesKey = std::tuple<size_t, size_t, size_t>;  // facet, series, marker

std::string series_name(const Observations& o, const SeriesKey& key) {
  std::vector<std::string> parts;
  for (const auto& part : {o.series[std::get<1>(key)], o.markers[std::get<2>(key)]})
    if (!part.empty()) parts.push_back(part);
  return join(parts, ", ");
}

FigureSeries new_series(const Observations& o, const SeriesKey& key) {
  FigureSeries s;
  s.name = series_name(o, key);
  s.colour = std::get<1>(key);
  s.slot = s.colour * std::max<size_t>(1, o.markers.size()) + std::get<2>(key);
  s.symbol = o.markers.size() > 1 ? std::get<2>(key) : std::get<1>(key);
  return s;
}

std::vector<FigurePanel> new_panels(const Observations& o) {
  std::vector<FigurePanel> panels(std::max<size_t>(1, o.facets.size()));
  for (size_t i = 0; i < o.facets.size(); ++i) panels[i].title = o.facets[i];
  return panels;
}

/// True when every run of each series has the same x: only then can lines be averaged.
bool runs_share_x(const Observations& o) {
  std::map<SeriesKey, std::map<size_t, std::set<Coordinate>>> seen;
  for (const auto& ob : o.all) seen[{ob.facet, ob.series, ob.marker}][ob.row].insert(ob.x);
  for (const auto& [key, rows] : seen)
    for (const auto& [row, xs] : rows)
      if (xs != rows.begin()->second) return false;
  return true;
}

void add_lines(const PlotSpec& spec, const Observations& o, Figure& f) {
  const Aggregate agg = parse_aggregate(spec.agg);
  const bool aggregated = o.scalars || f.kind == PlotKind::bar || runs_share_x(o);
  std::map<std::pair<SeriesKey, size_t>, std::map<double, Pile>> lines;
  const Categories categories(f.x.categories);
  for (const auto& ob : o.all)
    lines[{{ob.facet, ob.series, ob.marker}, aggregated ? 0 : ob.row}][categories.place(ob.x)]
        .by_row[ob.row]
        .push_back(ob.y.number);
  for (const auto& [key, piles] : lines) {
    FigureSeries s = new_series(o, key.first);
    if (!aggregated) s.name += (s.name.empty() ? "" : ", ") + o.rows[key.second];
    for (const auto& [x, pile] : piles) s.points.push_back(summarise(spec, agg, x, pile));
    f.panels[std::get<0>(key.first)].series.push_back(std::move(s));
  }
  if (!aggregated) f.notes.push_back("one line a run: their x differ");
}

void add_scatter(const PlotSpec& spec, const Observations& o, Figure& f) {
  const Aggregate agg = parse_aggregate(spec.agg);
  const Categories categories(f.x.categories);
  std::map<SeriesKey, FigureSeries> all;
  std::map<std::pair<SeriesKey, size_t>, std::pair<Pile, Pile>> points;
  for (const auto& ob : o.all) {
    const SeriesKey key{ob.facet, ob.series, ob.marker};
    const auto at = all.try_emplace(key, new_series(o, key)).first;
    const double x = categories.place(ob.x);
    if (o.scalars) {
      auto& [xs, ys] = points[{key, ob.point}];
      xs.by_row[ob.row].push_back(x);
      ys.by_row[ob.row].push_back(ob.y.number);
    } else {
      at->second.points.push_back({.x = x, .y = ob.y.number});
    }
  }
  for (const auto& [key, piles] : points)
    all[key.first].points.push_back(
        summarise(spec, agg, mean(piles.first.samples(false)), piles.second));
  for (auto& [key, s] : all) f.panels[std::get<0>(key)].series.push_back(std::move(s));
}

std::string default_y_name(const PlotSpec& spec, PlotKind kind, Frame& frame) {
  if (kind == PlotKind::histogram) return spec.normalize == "share" ? "share of the rows" : "rows";
  if (kind == PlotKind::cdf) return "share of rows at most x";
  const std::string name = describe_value(
      kind == PlotKind::box ? (spec.value.empty() ? spec.y : spec.value) : spec.y, spec, frame);
  const bool plain =
      spec.agg == "mean" || spec.agg.empty() || kind == PlotKind::box || kind == PlotKind::heatmap;
  return plain ? name : spec.agg + " of " + name;
}

std::string describe_error(const PlotSpec& spec) {
  const std::string what = spec.error == "ci95"     ? "95 % interval"
                           : spec.error == "minmax" ? "range"
                           : spec.error == "sem"    ? "standard error"
                                                    : "standard deviation";
  return fmt::format("{} and {} over {}", spec.agg, what, join(spec.over, ", "));
}

void name_axes(const PlotSpec& spec, Frame& frame, Figure& f) {
  const bool pooled = f.kind == PlotKind::histogram || f.kind == PlotKind::cdf;
  const ValueText& x = pooled ? (spec.value.empty() ? spec.x : spec.value) : spec.x;
  f.x.name = !spec.xlabel.empty() ? spec.xlabel
             : x.empty()          ? (f.kind == PlotKind::box ? "" : "index")
                                  : describe_value(x, spec, frame);
  f.y.name = !spec.ylabel.empty() ? spec.ylabel : default_y_name(spec, f.kind, frame);
  f.z.name = spec.z.empty() ? "rows" : describe_value(spec.z, spec, frame);
  f.x.log = spec.xscale == "log";
  f.y.log = spec.yscale == "log";
}

}  // namespace

bool Figure::empty() const {
  for (const auto& panel : panels) {
    if (!panel.cells.empty()) return false;
    for (const auto& s : panel.series)
      if (!s.points.empty() || !s.bins.empty() || !s.boxes.empty()) return false;
  }
  return true;
}

size_t Figure::points() const {
  size_t n = 0;
  for (const auto& panel : panels)
    for (const auto& s : panel.series) n += s.points.size();
  return n;
}

Figure make_figure(const PlotSpec& spec, Frame& frame) {
  Figure f;
  f.kind = parse_kind(spec);
  f.name = spec.name;
  f.title = spec.title;
  f.caption = spec.caption;
  name_axes(spec, frame, f);
  const Observations o = observe(spec, frame);
  f.notes = o.notes;
  f.panels = new_panels(o);
  switch (f.kind) {
    case PlotKind::line:
    case PlotKind::bar:
      f.x.categories = categories_of(o, spec.x, f.kind == PlotKind::bar);
      f.slots = std::max<size_t>(1, o.series.size()) * std::max<size_t>(1, o.markers.size());
      add_lines(spec, o, f);
      break;
    case PlotKind::scatter:
      f.x.categories = categories_of(o, spec.x, false);
      add_scatter(spec, o, f);
      break;
    case PlotKind::histogram: add_histogram(spec, o, f); break;
    case PlotKind::box: add_boxes(spec, o, f); break;
    case PlotKind::cdf: add_cdf(o, f); break;
    case PlotKind::heatmap: add_heatmap(spec, o, f); break;
  }
  finish_axes(spec, f);
  const bool averages = f.kind == PlotKind::line || f.kind == PlotKind::bar ||
                        (f.kind == PlotKind::scatter && o.scalars);
  if (averages && !spec.error.empty()) {
    f.notes.insert(f.notes.begin(), describe_error(spec));
    f.bands = f.kind == PlotKind::line && f.x.categories.empty();
  }
  return f;
}

std::vector<std::string> figure_names(const ReportSpec& spec) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const auto& item : spec.items)
    if (const auto* plot = std::get_if<PlotSpec>(&item)) {
      const std::string base = plot->name.empty() ? fmt::format("figure-{}", out.size() + 1)
                                                  : safe_file_name(plot->name);
      std::string name = base;
      for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}-{}", base, i);
      out.push_back(name);
    }
  return out;
}

}  // namespace assay
