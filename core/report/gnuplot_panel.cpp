#include "core/base/number.hpp"
#include "core/report/escape.hpp"
#include "core/report/gnuplot_panel.hpp"
#include "core/report/heat_scale.hpp"
#include "core/report/palette.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr std::array kPointTypes{7, 5, 9, 13, 6, 11};
constexpr double kWidest = 90;  // pixels of a bar or box

/// From low to high with a cap at each end; `yerrorbars` would erase what is below its point.
const std::string kErrorBars = ":5:(0):($6-$5) with vectors heads size graph 0.006,90 lw 1.5";

std::string colour_of(const FigureSeries& s) {
  return fmt::format("lc rgb '{}'", assay::colour(s.colour));
}

bool has_errors(const FigureSeries& s) {
  return std::any_of(s.points.begin(), s.points.end(),
                     [](const FigurePoint& p) { return p.has_error(); });
}

std::string point_type(const FigureSeries& s) {
  return fmt::format("pt {}", kPointTypes[s.symbol % kPointTypes.size()]);
}

}  // namespace

std::string GnuplotPanels::rows(size_t n) {
  const std::string range =
      n ? fmt::format("{} skip 1 every ::{}::{}", csv_, row_, row_ + n - 1) : "";
  row_ += n;
  return range;
}

std::vector<const FigureSeries*> GnuplotPanels::legend() const {
  const bool named_below = f_.kind == PlotKind::box && f_.slots == 1;
  if (f_.kind == PlotKind::heatmap || named_below) return {};
  return legend_of(f_);
}

std::vector<std::string> GnuplotPanels::plots(size_t index) {
  plots_.clear();
  const FigurePanel& panel = f_.panels[index];
  // The smaller of two scatters lies on top: its rows are counted first, drawn last.
  std::vector<std::pair<size_t, std::vector<std::string>>> layers;
  for (const auto& s : panel.series) {
    plots_.clear();
    series(s);
    layers.emplace_back(f_.kind == PlotKind::scatter ? s.points.size() : 0, plots_);
  }
  std::stable_sort(layers.begin(), layers.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> out;
  for (const auto& [size, plots] : layers) out.insert(out.end(), plots.begin(), plots.end());
  if (!panel.cells.empty()) out.push_back(cells(panel));
  if (f_.panels.size() == 1)
    for (auto& entry : legend_plots()) out.push_back(std::move(entry));
  return out;
}

std::vector<std::string> GnuplotPanels::legend_plots() const {
  std::vector<std::string> out;
  for (const auto* s : legend())
    out.push_back("NaN with " + style(*s) + " title " + quote_gnuplot(s->name));
  return out;
}

std::string GnuplotPanels::cells(const FigurePanel& panel) {
  const HeatScale scale = heat_scale(f_);
  const std::string data = rows(panel.cells.size()),
                    at = fmt::format("(int($0)%{0}):(int($0)/{0})", scale.columns);
  std::string out = data + " using " + at +
                    ":(0.49):(0.49):4 with boxxyerror fs solid 1.0 noborder lc palette notitle";
  if (!scale.labelled(f_.panels.size())) return out;
  std::string white = "0";
  if (std::isfinite(scale.white_below)) white += " || $4 <= " + ecmascript(scale.white_below);
  if (std::isfinite(scale.white_above)) white += " || $4 >= " + ecmascript(scale.white_above);
  return out + ", \\\n  " + data + " using " + at +
         fmt::format(
             ":(valid(4) ? sprintf('%.{0}f', abs($4) < {1} ? 0 : $4) : ''):({2} ? 0xffffff "
             ": 0x222222) with labels tc rgb variable font ',11' notitle",
             scale.decimals, ecmascript(0.5 * std::pow(10, -scale.decimals)), white);
}

/// How the legend shows a series.
std::string GnuplotPanels::style(const FigureSeries& s) const {
  const std::string colour = " " + colour_of(s);
  const bool many = s.points.size() > 40;
  switch (f_.kind) {
    case PlotKind::scatter: return "points ps 1 " + point_type(s) + colour;
    case PlotKind::line:
      return many ? "lines lw 2" + colour : "linespoints lw 2 ps 0.6 " + point_type(s) + colour;
    case PlotKind::cdf: return "lines lw 2" + colour;
    case PlotKind::bar: return "boxes" + colour + " fs solid 0.9 noborder";
    default: return "boxes" + colour + " fs transparent solid 0.4 border";
  }
}

void GnuplotPanels::series(const FigureSeries& s) {
  const std::string data = rows(s.points.size());
  switch (f_.kind) {
    case PlotKind::line:
    case PlotKind::scatter: return points(s, data);
    case PlotKind::cdf:
      plots_.push_back(data + " using 3:4 with steps lw 2 " + colour_of(s) + " notitle");
      return;
    case PlotKind::bar: return bars(s, data);
    case PlotKind::histogram:
      if (!s.bins.empty())
        plots_.push_back(rows(s.bins.size()) + " using (($3+$4)/2):5:($4-$3) with boxes " +
                         colour_of(s) + " notitle");
      return;
    case PlotKind::box: return boxes(s);
    default: return;
  }
}

/// Of a category that is one unit wide.
double GnuplotPanels::slot_width() const {
  return std::min(0.7 / static_cast<double>(f_.slots),
                  kWidest * static_cast<double>(f_.x.categories.size()) / width_);
}

/// x of rows that stand in these categories, in the series' slot.
std::string GnuplotPanels::place(const std::vector<size_t>& categories,
                                 const FigureSeries& s) const {
  std::string out = "(word('";
  for (const size_t c : categories) out += fmt::format("{} ", c);
  const double offset = static_cast<double>(s.slot) + 0.5 - static_cast<double>(f_.slots) / 2;
  return out + fmt::format("', int($0)+1)+{})", brief(offset * slot_width(), 6));
}

void GnuplotPanels::bars(const FigureSeries& s, const std::string& data) {
  std::vector<size_t> categories;
  for (const auto& p : s.points) categories.push_back(static_cast<size_t>(p.x));
  const std::string at = place(categories, s);
  plots_.push_back(fmt::format("{} using {}:4:({}) with boxes fs solid 0.9 noborder {} notitle",
                               data, at, brief(slot_width() * 0.92, 6), colour_of(s)));
  if (has_errors(s))
    plots_.push_back(data + " using " + at + kErrorBars + " lc rgb '#222222' notitle");
}

void GnuplotPanels::points(const FigureSeries& s, const std::string& data) {
  if (s.points.empty()) return;
  std::string x = f_.jitter ? "($3+$8)" : "3", y = f_.jitter ? "($4+$9)" : "4";
  if (!f_.x.categories.empty()) {
    x = "(word('";
    for (const auto& p : s.points) x += fmt::format("{} ", brief(p.x + p.dx, 6));
    x += "', int($0)+1)+0)";
  }
  const std::string colour = colour_of(s);
  if (f_.bands && has_errors(s))
    plots_.push_back(data + " using 3:5:6 with filledcurves fs transparent solid 0.18 noborder " +
                     colour + " notitle");
  else if (has_errors(s))
    plots_.push_back(data + " using " + x + kErrorBars + " " + colour + " notitle");
  std::string with = style(s);
  if (f_.kind == PlotKind::scatter) {
    const size_t n = f_.points();
    with = fmt::format("points {} ps {} lc rgb '#{}{}'", point_type(s),
                       n > 2000  ? 0.3
                       : n > 200 ? 0.5
                                 : 1,
                       n > 200 ? "66" : "1a", assay::colour(s.colour) + 1);
  }
  plots_.push_back(data + " using " + x + ":" + y + " with " + with + " notitle");
}

void GnuplotPanels::boxes(const FigureSeries& s) {
  if (s.boxes.empty()) return;
  std::vector<size_t> categories, outliers;
  for (const auto& b : s.boxes) {
    categories.push_back(b.category);
    outliers.insert(outliers.end(), b.outliers.size(), b.category);
  }
  const std::string at = place(categories, s), colour = colour_of(s), data = rows(s.boxes.size()),
                    size = fmt::format("({})", brief(slot_width() * 0.8, 6));
  plots_.push_back(data + " using " + at + ":5:4:8:7:" + size +
                   " with candlesticks fs transparent solid 0.25 border whiskerbars 0.5 lw 1.5 " +
                   colour + " notitle");
  plots_.push_back(data + " using " + at + ":6:6:6:6:" + size + " with candlesticks lw 3 " +
                   colour + " notitle");
  if (!outliers.empty())
    plots_.push_back(rows(outliers.size()) + " using " + place(outliers, s) +
                     ":10 with points pt 6 ps 0.6 lw 1.3 " + colour + " notitle");
}

}  // namespace assay
