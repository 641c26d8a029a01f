// The axes of a figure: logarithms, ranges, reference lines, jitter.
#include "core/base/number.hpp"
#include "core/report/figure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

/// Drops what a logarithmic axis cannot show, and says so.
void respect_log_axes(Figure& f) {
  size_t dropped = 0;
  for (auto& panel : f.panels)
    for (auto& s : panel.series)
      dropped += std::erase_if(s.points, [&](const FigurePoint& p) {
        return !std::isfinite(p.y) || (f.x.log && p.x <= 0) || (f.y.log && p.y <= 0);
      });
  if (f.y.log)
    for (auto& panel : f.panels)
      for (auto& s : panel.series)
        for (auto& p : s.points)
          if (p.has_error() && p.low <= 0) p.low = p.y;
  if (dropped)
    f.notes.push_back(
        fmt::format("{} point{} not shown (not finite, or not positive on a log axis)", dropped,
                    dropped == 1 ? " is" : "s are"));
}

void widen(FigureAxis& axis, double v) {
  if (!std::isfinite(v)) return;
  axis.low = std::isfinite(axis.low) ? std::min(axis.low, v) : v;
  axis.high = std::isfinite(axis.high) ? std::max(axis.high, v) : v;
}

void find_extent(Figure& f) {
  for (const auto& panel : f.panels) {
    for (const auto& s : panel.series) {
      for (const auto& p : s.points) {
        widen(f.x, p.x + p.dx);
        for (const double v : {p.y + p.dy, p.low, p.high}) widen(f.y, v);
      }
      for (const auto& b : s.bins) {
        widen(f.x, b.low);
        widen(f.x, b.high);
        if (f.y.log && b.weight > 0) widen(f.y, b.weight / 2);  // the bar of the least is seen
        if (!f.y.log || b.weight > 0) widen(f.y, b.weight);
      }
      for (const auto& b : s.boxes) {
        for (const double v : {b.low, b.high}) widen(f.y, v);
        for (const double v : b.outliers) widen(f.y, v);
      }
    }
    for (const auto& c : panel.cells) widen(f.z, c.value);
  }
}

void add_reference_lines(const PlotSpec& spec, Figure& f) {
  for (const auto& line : spec.lines) {
    FigureAxis& axis = line.axis == "x" ? f.x : f.y;
    if (!axis.categories.empty() || (axis.log && line.at <= 0)) {
      f.notes.push_back(
          fmt::format("the line at {} = {} is not shown ({})", line.axis, brief(line.at),
                      axis.log ? "not positive on a log axis" : "no axis of numbers"));
      continue;
    }
    widen(axis, line.at);
    f.lines.push_back(line);
  }
}

void fix(FigureAxis& axis, const std::vector<double>& range) {
  if (range.size() != 2 || !axis.categories.empty()) return;
  axis.low = range[0];
  axis.high = range[1];
  axis.fixed = true;
}

/// Spreads the points of each place evenly over a square of side 2 `reach` about it, by the
/// sequence R2 (Roberts, 2018) from a start that depends on the place: the picture is not left to
/// chance. Log axes are left alone.
void add_jitter(double reach, Figure& f) {
  f.jitter = true;
  const double root = 1.32471795724474602596;  // of x^3 = x + 1
  const auto spread = [reach](double share) {
    return reach * (2 * (share - std::floor(share)) - 1);
  };
  for (auto& panel : f.panels) {
    std::map<std::pair<double, double>, double> seen;
    for (auto& s : panel.series)
      for (auto& p : s.points) {
        const double i = seen[{p.x, p.y}]++;
        if (!f.x.log) p.dx = spread(0.618 * p.x + 0.414 * p.y + i / root);
        if (!f.y.log) p.dy = spread(0.732 * p.x + 0.236 * p.y + i / (root * root));
      }
  }
}

}  // namespace

void finish_axes(const PlotSpec& spec, Figure& f) {
  respect_log_axes(f);
  if (spec.jitter > 0) add_jitter(spec.jitter, f);
  find_extent(f);
  add_reference_lines(spec, f);
  fix(f.x, spec.xrange);
  fix(f.y, spec.yrange);
  fix(f.z, spec.zrange);
  if (f.z.log && f.z.low <= 0) f.z.log = false;
}

std::vector<const FigureSeries*> legend_of(const Figure& f) {
  std::vector<const FigureSeries*> out;
  for (const auto& panel : f.panels)
    for (const auto& s : panel.series)
      if (!s.name.empty() &&
          std::none_of(out.begin(), out.end(), [&](const auto* o) { return o->name == s.name; }))
        out.push_back(&s);
  std::stable_sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    return std::tie(a->slot, a->colour) < std::tie(b->slot, b->colour);
  });
  return out;
}

}  // namespace assay
