#include "core/base/number.hpp"
#include "core/report/aggregate.hpp"
#include "core/report/figure_distributions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay {
namespace {

constexpr size_t kMostOutliers = 100, kMostSteps = 2000;
constexpr double kMostUnitBins = 60, kMostCells = 40;

/// Finite y of all rows, by panel and series.
std::map<std::pair<size_t, size_t>, std::vector<double>> by_series(const Observations& o, bool log,
                                                                   Figure& f) {
  std::map<std::pair<size_t, size_t>, std::vector<double>> out;
  size_t dropped = 0;
  for (const auto& ob : o.all) {
    const double v = ob.y.number;
    if (!ob.y.text.empty() || !std::isfinite(v) || (log && v <= 0))
      ++dropped;
    else
      out[{ob.facet, ob.series}].push_back(v);
  }
  if (dropped)
    f.notes.push_back(fmt::format("{} rows are not shown (no positive or finite number)", dropped));
  return out;
}

/// Whole numbers that a double tells from their neighbours.
bool whole(const std::vector<double>& x) {
  return std::all_of(x.begin(), x.end(),
                     [](double v) { return v == std::floor(v) && std::abs(v) < 1e15; });
}

/// Edges of bins: whole numbers stand in the middle of their bins, each of which holds as many of
/// them; other numbers have as many bins as asked for, or Freedman and Diaconis's, 8 to 60.
std::vector<double> edges(const std::vector<double>& all, int bins, bool log) {
  const auto [low_at, high_at] = std::minmax_element(all.begin(), all.end());
  double low = *low_at, high = *high_at;
  std::vector<double> out;
  if (!log && whole(all)) {
    const double most = bins == 0 ? kMostUnitBins : bins;
    const double width = std::ceil((high - low + 1) / most);
    for (double e = low - 0.5; e < high + 0.5 + width; e += width) out.push_back(e);
    return out;
  }
  if (low == high) {
    low -= 0.5;
    high += 0.5;
  }
  auto n = static_cast<size_t>(std::max(bins, 0));
  if (n == 0) {
    const double width = 2 * (quantile(all, 0.75) - quantile(all, 0.25)) /
                         std::cbrt(static_cast<double>(all.size()));
    n = width > 0 ? static_cast<size_t>(std::clamp((high - low) / width, 8.0, 60.0)) : 30;
  }
  for (size_t i = 0; i <= n; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(n);
    out.push_back(i == n ? high : log ? low * std::pow(high / low, t) : low + t * (high - low));
  }
  return out;
}

/// Of more than kMostOutliers, evenly spaced ones by rank, the least and the greatest among them.
std::vector<double> thinned(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  if (x.size() <= kMostOutliers) return x;
  std::vector<double> out;
  for (size_t i = 0; i < kMostOutliers; ++i)
    out.push_back(x[i * (x.size() - 1) / (kMostOutliers - 1)]);
  return out;
}

FigureBox box_of(const std::vector<double>& x, size_t category) {
  FigureBox b{category,          kAbsent, quantile(x, 0.25), median(x),
              quantile(x, 0.75), kAbsent, x.size(),          {}};
  const double reach = 1.5 * (b.q3 - b.q1);
  for (const double v : x) {
    if (v >= b.q1 - reach && !(b.low <= v)) b.low = v;
    if (v <= b.q3 + reach && !(b.high >= v)) b.high = v;
    if (v < b.q1 - reach || v > b.q3 + reach) b.outliers.push_back(v);
  }
  b.outliers = thinned(std::move(b.outliers));
  return b;
}

FigureSeries named(const Observations& o, size_t series) {
  FigureSeries s;
  s.name = o.series[series];
  s.colour = s.symbol = series;
  return s;
}

/// Categories of one axis of a heat map: its texts, or its numbers; bins when these are many.
struct CellAxis {
  std::vector<std::string> names;
  std::map<Coordinate, size_t> index;

  CellAxis(const Observations& o, const ValueText& text, const Coordinate Observation::*c) {
    std::set<Coordinate> distinct;
    std::vector<double> numbers;
    for (const auto& ob : o.all)
      if (distinct.insert(ob.*c).second && (ob.*c).text.empty()) numbers.push_back((ob.*c).number);
    const bool bin = numbers.size() == distinct.size() &&
                     static_cast<double>(numbers.size()) > kMostCells &&
                     text.find('/') != ValueText::npos;
    if (bin) {
      const auto e = edges(numbers, static_cast<int>(kMostCells / 2), false);
      for (size_t i = 0; i + 1 < e.size(); ++i)
        names.push_back(brief(e[i], 3) + "–" + brief(e[i + 1], 3));
      for (const auto& d : distinct) {
        const auto at = std::upper_bound(e.begin(), e.end(), d.number) - e.begin();
        index[d] = static_cast<size_t>(
            std::clamp<std::ptrdiff_t>(at - 1, 0, static_cast<std::ptrdiff_t>(e.size()) - 2));
      }
      return;
    }
    const auto add = [&](const Coordinate& d) {
      if (index.try_emplace(d, names.size()).second) names.push_back(d.show());
    };
    const bool sorted = text.find('/') != ValueText::npos && !numbers.empty();
    if (sorted && numbers.size() == distinct.size() && whole(numbers)) {  // no gaps between them
      const double first = distinct.begin()->number, last = distinct.rbegin()->number;
      long long step = 0;  // the largest that meets every number; two say nothing about it
      for (const double v : numbers) step = std::gcd(step, std::llround(v - first));
      if (numbers.size() < 3) step = 1;
      if (last - first < kMostCells * static_cast<double>(step))
        for (double v = first; v <= last; v += static_cast<double>(step)) add({v, ""});
    }
    if (sorted)
      for (const auto& d : distinct) add(d);
    else
      for (const auto& ob : o.all) add(ob.*c);
  }
};

}  // namespace

Categories::Categories(const std::vector<std::string>& names) {
  for (const auto& name : names) index_.emplace(name, static_cast<double>(index_.size()));
}

double Categories::place(const Coordinate& c) const {
  if (index_.empty()) return c.number;
  const auto at = index_.find(c.show());
  return at == index_.end() ? kAbsent : at->second;
}

std::vector<std::string> categories_of(const Observations& o, const ValueText& x, bool always) {
  const bool text = std::any_of(o.all.begin(), o.all.end(),
                                [](const Observation& ob) { return !ob.x.text.empty(); });
  if (!text && !always) return {};
  return CellAxis(o, x, &Observation::x).names;
}

void add_histogram(const PlotSpec& spec, const Observations& o, Figure& f) {
  const auto groups = by_series(o, f.x.log, f);
  std::vector<double> all;
  for (const auto& [key, values] : groups) all.insert(all.end(), values.begin(), values.end());
  if (all.empty()) return;
  const auto e = edges(all, spec.bins, f.x.log);
  for (const auto& [key, values] : groups) {
    FigureSeries s = named(o, key.second);
    for (size_t i = 0; i + 1 < e.size(); ++i) s.bins.push_back({e[i], e[i + 1], 0});
    for (const double v : values) {
      const auto at = std::upper_bound(e.begin(), e.end(), v) - e.begin();
      const auto i = static_cast<size_t>(std::max<std::ptrdiff_t>(1, at)) - 1;
      s.bins[std::min(i, s.bins.size() - 1)].weight += 1;
    }
    if (spec.normalize == "share")
      for (auto& b : s.bins) b.weight /= static_cast<double>(values.size());
    f.panels[key.first].series.push_back(std::move(s));
  }
}

void add_boxes(const PlotSpec& spec, const Observations& o, Figure& f) {
  if (!spec.x.empty()) f.x.categories = categories_of(o, spec.x, true);
  const bool by_series = f.x.categories.empty();  // which then are the categories
  if (by_series) f.x.categories = o.series;
  f.slots = by_series ? 1 : std::max<size_t>(1, o.series.size());
  const Categories categories(f.x.categories);
  std::map<std::tuple<size_t, size_t, size_t>, std::vector<double>> groups;
  for (const auto& ob : o.all)
    if (std::isfinite(ob.y.number) && (!f.y.log || ob.y.number > 0))
      groups[{ob.facet, ob.series,
              by_series ? ob.series : static_cast<size_t>(categories.place(ob.x))}]
          .push_back(ob.y.number);
  for (const auto& [key, values] : groups) {
    const auto& [facet, series, category] = key;
    auto& all = f.panels[facet].series;
    if (all.empty() || all.back().colour != series) {
      all.push_back(named(o, series));
      all.back().slot = by_series ? 0 : series;
    }
    all.back().boxes.push_back(box_of(values, category));
  }
}

void add_cdf(const Observations& o, Figure& f) {
  for (auto& [key, values] : by_series(o, f.x.log, f)) {
    FigureSeries s = named(o, key.second);
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const auto n = static_cast<double>(sorted.size());
    const size_t stride = std::max<size_t>(1, sorted.size() / kMostSteps);
    s.points.push_back({.x = sorted[0], .y = 0, .n = 0});
    for (size_t i = 0; i < sorted.size(); ++i) {
      const bool last_of_value = i + 1 == sorted.size() || sorted[i + 1] != sorted[i];
      if (last_of_value && (i % stride == 0 || i + 1 == sorted.size() || whole({sorted[i]})))
        s.points.push_back({.x = sorted[i], .y = static_cast<double>(i + 1) / n, .n = i + 1});
    }
    f.panels[key.first].series.push_back(std::move(s));
  }
  double low = kAbsent, high = kAbsent;
  for (const auto& panel : f.panels)
    for (const auto& s : panel.series) {
      low = std::fmin(low, s.points.front().x);
      high = std::fmax(high, s.points.back().x);
    }
  for (auto& panel : f.panels)  // all curves run from end to end of the axis
    for (auto& s : panel.series) {
      if (s.points.front().x > low) s.points.insert(s.points.begin(), {.x = low, .y = 0, .n = 0});
      if (s.points.back().x < high) s.points.push_back({.x = high, .y = 1, .n = s.points.back().n});
    }
}

void add_heatmap(const PlotSpec& spec, const Observations& o, Figure& f) {
  const CellAxis xs(o, spec.x, &Observation::x), ys(o, spec.y, &Observation::y);
  f.x.categories = xs.names;
  f.y.categories = ys.names;
  f.y.first_on_top = std::any_of(o.all.begin(), o.all.end(),
                                 [](const Observation& ob) { return !ob.y.text.empty(); });
  std::map<std::tuple<size_t, size_t, size_t>, std::vector<double>> cells;
  for (const auto& ob : o.all)
    if (std::isfinite(ob.z))
      cells[{ob.facet, ys.index.at(ob.y), xs.index.at(ob.x)}].push_back(ob.z);
  const Aggregate agg = spec.z.empty() ? Aggregate{"n", "", 0} : parse_aggregate(spec.agg);
  double least = kAbsent, most = kAbsent;
  for (size_t p = 0; p < f.panels.size(); ++p)
    for (size_t y = 0; y < ys.names.size(); ++y)
      for (size_t x = 0; x < xs.names.size(); ++x) {
        const auto at = cells.find({p, y, x});
        FigureCell c{x, y, kAbsent, 0};
        if (at != cells.end()) {
          c.value = agg.of(at->second);
          c.n = at->second.size();
          least = std::fmin(least, c.value);
          most = std::fmax(most, c.value);
        }
        f.panels[p].cells.push_back(c);
      }
  f.z.log = spec.z.empty() && least > 0 && most / least > 100;
}

}  // namespace assay
