// The series of a panel for ECharts.
#include "core/report/echarts.hpp"
#include "core/report/heat_scale.hpp"
#include "core/report/palette.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr size_t kSampleFrom = 2000;     // points of a line from which ECharts thins its drawing
constexpr size_t kMostPoints = 20000;    // points of a series in the page; the CSV has all
constexpr size_t kMostWithSymbols = 40;  // points of a line up to which each has a symbol

constexpr std::array kSymbols{"circle", "rect", "triangle", "diamond", "emptyCircle", "pin"};

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }

class PanelSeries {
 public:
  PanelSeries(const Figure& figure, size_t panel) : f_(figure), panel_(panel) {}

  Json all() {
    const FigurePanel& panel = f_.panels[panel_];
    for (const auto& s : panel.series) switch (f_.kind) {
        case PlotKind::bar: bars(s); break;
        case PlotKind::histogram: bins(s); break;
        case PlotKind::box: boxes(s); break;
        default: points(s);
      }
    if (f_.kind == PlotKind::heatmap)
      cells(panel);
    else
      frame();
    return std::move(out_);
  }

 private:
  Json named(const std::string& name, size_t colour_number, const char* type) {
    const char* colour = assay::colour(colour_number);
    return {{"type", type},         {"name", one_line(name)}, {"xAxisIndex", panel_},
            {"yAxisIndex", panel_}, {"color", colour},        {"itemStyle", {{"color", colour}}}};
  }
  Json named(const FigureSeries& s, const char* type) { return named(s.name, s.colour, type); }

  /// A series that template/report.js draws: `renderer` is a key of its table.
  Json drawn(const FigureSeries& s, const char* renderer, Json data, Json dimensions) {
    Json j = named(s, "custom");
    Json seen = Json::array();
    for (size_t i = 1; i < dimensions.size(); ++i) seen.push_back(i);
    j["assay"] = {{"renderer", renderer}, {"index", s.slot}, {"of", f_.slots}};
    j["dimensions"] = std::move(dimensions);
    j["encode"] = {{"x", 0}, {"y", seen}, {"tooltip", seen}};
    j["data"] = std::move(data);
    j["clip"] = true;
    return j;
  }

  void bars(const FigureSeries& s) {
    Json data = Json::array();
    for (const auto& p : s.points)
      data.push_back({p.x, number(p.y), number(p.low), number(p.high)});
    out_.push_back(drawn(s, "bar", std::move(data), {"x", "value", "low", "high"}));
  }

  void bins(const FigureSeries& s) {
    Json data = Json::array();
    for (const auto& b : s.bins) data.push_back({b.low, b.high, b.weight});
    Json j = drawn(s, "bin", std::move(data), {"from", "to", f_.y.name});
    j["encode"] = {{"x", {0, 1}}, {"y", 2}, {"tooltip", {0, 1, 2}}};
    out_.push_back(std::move(j));
  }

  void boxes(const FigureSeries& s) {
    Json data = Json::array(), outliers = Json::array();
    for (const auto& b : s.boxes) {
      const auto category = static_cast<double>(b.category);
      data.push_back({category, b.low, b.q1, b.median, b.q3, b.high, static_cast<double>(b.n)});
      for (const double v : b.outliers) outliers.push_back({category, v});
    }
    Json j = drawn(s, "box", std::move(data),
                   {"x", "low", "lower quartile", "median", "upper quartile", "high", "n"});
    j["encode"]["y"] = {1, 5};
    out_.push_back(std::move(j));
    if (!outliers.empty())
      out_.push_back(drawn(s, "outlier", std::move(outliers), {"x", "outlier"}));
  }

  void errors(const FigureSeries& s) {
    Json data = Json::array();
    for (const auto& p : s.points)
      if (p.has_error()) data.push_back({p.x, p.low, p.high});
    if (data.empty()) return;
    Json j = drawn(s, f_.bands ? "band" : "whisker", std::move(data), {"x", "low", "high"});
    j["tooltip"] = {{"show", false}};
    j["silent"] = true;
    j["z"] = f_.bands ? 1 : 3;
    out_.push_back(std::move(j));
  }

  /// Among scatters the smaller series lies on top, so that the many do not hide the few.
  size_t layer(const FigureSeries& s) const {
    size_t larger = 0;
    if (f_.kind == PlotKind::scatter)
      for (const auto& other : f_.panels[panel_].series)
        larger += other.points.size() > s.points.size();
    return 2 + larger;
  }

  void points(const FigureSeries& s) {
    errors(s);
    const bool line = f_.kind != PlotKind::scatter;
    Json j = named(s, line ? "line" : "scatter");
    const size_t stride = s.points.size() / kMostPoints + 1;
    Json data = Json::array();
    for (size_t i = 0; i < s.points.size(); ++i) {
      const FigurePoint& p = s.points[i];
      if (i % stride != 0 && i + 1 != s.points.size()) continue;
      if (f_.jitter)
        data.push_back({p.x + p.dx, number(p.y + p.dy), p.x, number(p.y)});
      else
        data.push_back({p.x, number(p.y)});
    }
    if (f_.jitter) {
      j["dimensions"] = {"drawn x", "drawn y", one_line(f_.x.name), one_line(f_.y.name)};
      j["encode"] = {{"x", 0}, {"y", 1}, {"tooltip", {2, 3}}};
    }
    const bool many = s.points.size() > kMostWithSymbols;
    const bool bare = line && (many || f_.kind == PlotKind::cdf);
    j["symbol"] = bare ? "none" : kSymbols[s.symbol % kSymbols.size()];
    if (line) {
      j["lineStyle"] = {{"width", 2}};
      j["showSymbol"] = !bare;
      j["symbolSize"] = 6;
      if (s.points.size() > kSampleFrom) j["sampling"] = "lttb";
      if (f_.kind == PlotKind::cdf) j["step"] = "end";
    } else {
      const size_t n = f_.points();
      j["symbolSize"] = n > 2000 ? 4 : n > 200 ? 6 : 9;
      j["itemStyle"]["opacity"] = n > 200 ? 0.6 : 0.9;
    }
    j["emphasis"] = {{"focus", "series"}};
    j["data"] = std::move(data);
    j["z"] = layer(s);
    out_.push_back(std::move(j));
  }

  void cells(const FigurePanel& panel) {
    const HeatScale scale = heat_scale(f_);
    const bool labels = scale.labelled(f_.panels.size());
    Json data = Json::array();
    for (const auto& c : panel.cells) {
      if (!std::isfinite(c.value)) continue;
      const double shown = std::clamp(c.value, scale.low, scale.high);
      Json item{c.x, c.y, scale.log ? std::log10(shown) : shown, c.value};
      if (!labels) {
        data.push_back(std::move(item));
        continue;
      }
      const bool white = shown <= scale.white_below || shown >= scale.white_above;
      const bool zero = std::abs(c.value) < 0.5 * std::pow(10, -scale.decimals);
      data.push_back(
          {{"value", std::move(item)},
           {"label",
            {{"color", white ? "#ffffff" : "#222222"},
             {"formatter", fmt::format("{:.{}f}", zero ? 0 : c.value, scale.decimals)}}}});
    }
    Json j = named(f_.z.name, 0, "heatmap");
    j.erase("color");
    j["dimensions"] = {"x", "y", "colour", "value"};
    j["encode"] = {{"x", 0}, {"y", 1}, {"value", 3}, {"tooltip", {3}}};
    j["data"] = std::move(data);
    j["itemStyle"] = {{"borderColor", "#fff"}, {"borderWidth", labels ? 1.5 : 0.5}};
    j["label"] = {{"show", labels}, {"fontSize", scale.columns * f_.panels.size() > 8 ? 11 : 12}};
    out_.push_back(std::move(j));
  }

  /// Nothing to see but the reference lines; its points stretch the axes of every panel alike.
  void frame() {
    const auto end = [](const FigureAxis& axis, bool low) {
      if (!axis.categories.empty()) return 0.0;
      return low ? axis.low : axis.high;
    };
    if (f_.lines.empty() && f_.panels.size() == 1) return;
    Json j = named("", 0, "line"), marks = Json::array();
    for (const auto& line : f_.lines) {
      Json mark{{line.axis == "x" ? "xAxis" : "yAxis", line.at}};
      mark["label"] = {{"show", !line.label.empty()},
                       {"formatter", one_line(line.label)},
                       {"position", line.axis == "x" ? "end" : "insideEndTop"},
                       {"color", "#333"},
                       {"backgroundColor", "rgba(255,255,255,0.75)"},
                       {"padding", {1, 3}}};
      marks.push_back(std::move(mark));
    }
    j["data"] = {{number(end(f_.x, true)), number(end(f_.y, true))},
                 {number(end(f_.x, false)), number(end(f_.y, false))}};
    j["symbol"] = "none";
    j["lineStyle"] = {{"opacity", 0}};
    j["silent"] = true;
    j["tooltip"] = {{"show", false}};
    j["markLine"] = {{"symbol", "none"},
                     {"silent", true},
                     {"animation", false},
                     {"lineStyle", {{"type", "dashed"}, {"color", "#444"}, {"width", 1.2}}},
                     {"data", std::move(marks)}};
    out_.push_back(std::move(j));
  }

  const Figure& f_;
  size_t panel_;
  Json out_ = Json::array();
};

}  // namespace

Json echarts_series(const Figure& figure, size_t panel) { return PanelSeries(figure, panel).all(); }

}  // namespace assay
