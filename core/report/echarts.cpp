#include "core/report/axis_ticks.hpp"
#include "core/report/echarts.hpp"
#include "core/report/palette.hpp"
#include "core/report/text_grid.hpp"

#include <algorithm>

namespace assay {
namespace {

constexpr size_t kSampleFrom = 2000;     // points of a line from which ECharts thins its drawing
constexpr size_t kMostPoints = 20000;    // points of a series in the page; the CSV has all
constexpr size_t kMostWithSymbols = 40;  // points of a line up to which each has a symbol

constexpr std::array kSymbols{"circle", "rect", "triangle", "diamond", "emptyCircle", "pin"};

Json number(double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); }

void set_ticks(Json& axis, const std::vector<double>& ticks) {
  if (ticks.size() < 2) return;
  axis["axisTick"]["customValues"] = ticks;
  axis["axisLabel"]["customValues"] = ticks;
}

Json axis(const FigureAxis& a, bool horizontal) {
  Json j{{"name", one_line(a.name)},
         {"nameLocation", "middle"},
         {"nameGap", horizontal ? 30 : 46},
         {"nameTextStyle", {{"color", "#333"}, {"fontSize", 13}}},
         {"axisLine", {{"show", true}, {"lineStyle", {{"color", "#888"}}}}},
         {"axisTick", {{"show", true}}},
         {"axisLabel", {{"color", "#333"}, {"fontSize", 12}, {"hideOverlap", true}}}};
  if (!a.categories.empty()) {
    j["type"] = "category";
    Json names = Json::array();
    for (const auto& c : a.categories) names.push_back(one_line(c));
    j["data"] = std::move(names);
    j["axisTick"]["alignWithLabel"] = true;
    size_t letters = 0;
    for (const auto& c : a.categories) letters += display_width(c) + 1;
    if (horizontal && letters > 90 && a.categories.size() <= 40) {  // would not fit side by side
      j["axisLabel"]["rotate"] = 35;
      j["axisLabel"]["interval"] = 0;
      j["nameGap"] = 62;
    }
  } else if (a.log) {
    const AxisRange range = log_range(a);
    j["type"] = "log";
    j["min"] = range.low;
    j["max"] = range.high;
    set_ticks(j, log_ticks(range));
  } else {
    j["type"] = "value";
    j["scale"] = true;
  }
  j["splitLine"] = {{"show", !horizontal}, {"lineStyle", {{"color", "#ececec"}}}};
  return j;
}

Json base(const Figure& f, const FigurePanel& panel) {
  Json names = Json::array();
  for (const auto& s : panel.series)
    if (!s.name.empty()) names.push_back(one_line(s.name));
  Json x = axis(f.x, true);
  const bool legend = !names.empty() && (names.size() > 1 || f.panels.size() == 1);
  Json j{
      {"animation", false},
      {"textStyle", {{"fontFamily", "inherit"}}},
      {"grid",
       {{"left", 62},
        {"right", 24},
        {"top", legend ? 40 : 30},
        {"bottom", 22 + x["nameGap"].get<int>()}}},
      {"tooltip", {{"trigger", "item"}, {"renderMode", "richText"}, {"confine", true}}},
      {"toolbox",
       {{"right", 4},
        {"top", 0},
        {"itemSize", 13},
        {"iconStyle", {{"borderColor", "#9aa1aa"}}},
        {"feature",
         {{"dataZoom", {{"filterMode", "none"}, {"title", {{"zoom", "Zoom"}, {"back", "Back"}}}}},
          {"restore", {{"title", "Reset"}}},
          {"saveAsImage",
           {{"title", "Save"},
            {"name", f.name},
            {"pixelRatio", 3},
            {"backgroundColor", "#fff"}}}}}}},
      {"xAxis", std::move(x)},
      {"yAxis", axis(f.y, false)},
      {"series", Json::array()}};
  if (legend)
    j["legend"] = {{"type", "scroll"}, {"left", 56},
                   {"right", 90},      {"top", 0},
                   {"data", names},    {"itemWidth", 18},
                   {"itemHeight", 10}, {"textStyle", {{"color", "#333"}, {"fontSize", 12}}}};
  if (f.panels.size() > 1 && std::isfinite(f.y.low) && !f.y.log && f.y.categories.empty()) {
    const double space = 0.05 * (f.y.high - f.y.low);
    const bool from_zero = f.kind == PlotKind::bar || f.kind == PlotKind::histogram;
    j["yAxis"]["min"] = from_zero ? std::min(0.0, f.y.low) : f.y.low - space;
    j["yAxis"]["max"] = f.y.high + space;
    j["yAxis"]["axisLabel"]["showMinLabel"] = from_zero;
    j["yAxis"]["axisLabel"]["showMaxLabel"] = false;
  }
  return j;
}

/// True of accuracies, AUCs, shares that come close to 1: the axis ends there, also where a band
/// would pass it.
bool ends_at_one(const Figure& f) {
  double low = kAbsent, high = kAbsent;
  for (const auto& panel : f.panels)
    for (const auto& s : panel.series) {
      for (const auto& p : s.points) {
        low = std::fmin(low, p.y);
        high = std::fmax(high, p.y);
      }
      if (!s.bins.empty() || !s.boxes.empty()) return false;
    }
  return !f.y.log && low >= 0 && high > 0.9 && high <= 1;
}

Json named(const FigureSeries& s, const char* type) {
  return {{"type", type},
          {"name", one_line(s.name)},
          {"color", colour(s.colour)},
          {"itemStyle", {{"color", colour(s.colour)}}}};
}

/// A series that template/report.js draws: `renderer` is a key of its table.
Json drawn(const FigureSeries& s, const char* renderer, Json data, Json dimensions) {
  Json j = named(s, "custom");
  Json seen = Json::array();
  for (size_t i = 1; i < dimensions.size(); ++i) seen.push_back(i);
  j["assay"] = {{"renderer", renderer}};
  j["dimensions"] = std::move(dimensions);
  j["encode"] = {{"x", 0}, {"y", seen}, {"tooltip", seen}};
  j["data"] = std::move(data);
  j["clip"] = true;
  return j;
}

Json errors_of(const FigureSeries& s) {
  Json data = Json::array();
  for (const auto& p : s.points)
    if (p.has_error()) data.push_back({p.x, p.low, p.high});
  return data;
}

void add_points(const Figure& f, const FigureSeries& s, Json& series) {
  const Json errors = errors_of(s);
  if (!errors.empty()) {
    Json e = drawn(s, f.bands ? "band" : "whisker", errors, {"x", "low", "high"});
    e["tooltip"] = {{"show", false}};
    e["silent"] = true;
    e["z"] = f.bands ? 1 : 3;
    series.push_back(std::move(e));
  }
  const bool line = f.kind != PlotKind::scatter;
  Json j = named(s, line ? "line" : "scatter");
  const size_t stride = s.points.size() / kMostPoints + 1;
  Json data = Json::array();
  for (size_t i = 0; i < s.points.size(); ++i)
    if (i % stride == 0 || i + 1 == s.points.size())
      data.push_back({s.points[i].x, number(s.points[i].y)});
  const bool many = s.points.size() > kMostWithSymbols;
  const bool bare = line && (many || f.kind == PlotKind::cdf);
  j["symbol"] = bare ? "none" : kSymbols[s.symbol % kSymbols.size()];
  if (line) {
    j["lineStyle"] = {{"width", 2}};
    j["showSymbol"] = !bare;
    j["symbolSize"] = 6;
    if (s.points.size() > kSampleFrom) j["sampling"] = "lttb";
    if (f.kind == PlotKind::cdf) j["step"] = "end";
  } else {
    j["symbolSize"] = f.points() > 2000 ? 4 : f.points() > 200 ? 6 : 9;
    j["itemStyle"]["opacity"] = f.points() > 200 ? 0.5 : 0.9;
  }
  j["data"] = std::move(data);
  j["z"] = 2;
  series.push_back(std::move(j));
}

Json clustered(Json j, size_t index, size_t of) {
  j["assay"]["index"] = index;
  j["assay"]["of"] = of;
  return j;
}

void add_series(const Figure& f, const FigurePanel& panel, Json& series) {
  for (size_t i = 0; i < panel.series.size(); ++i) {
    const auto& s = panel.series[i];
    Json data = Json::array();
    switch (f.kind) {
      case PlotKind::bar:
        for (const auto& p : s.points)
          data.push_back({p.x, number(p.y), number(p.low), number(p.high)});
        series.push_back(clustered(drawn(s, "bar", data, {"x", "value", "low", "high"}), i,
                                   panel.series.size()));
        break;
      case PlotKind::histogram:
        for (const auto& b : s.bins) data.push_back({b.low, b.high, b.weight});
        {
          Json j = drawn(s, "bin", data, {"from", "to", f.y.name});
          j["encode"] = {{"x", {0, 1}}, {"y", 2}, {"tooltip", {0, 1, 2}}};
          series.push_back(std::move(j));
        }
        break;
      case PlotKind::box:
        for (const auto& b : s.boxes)
          data.push_back({static_cast<double>(b.category), b.low, b.q1, b.median, b.q3, b.high,
                          static_cast<double>(b.n)});
        {
          Json j = clustered(
              drawn(s, "box", data,
                    {"x", "low", "lower quartile", "median", "upper quartile", "high", "n"}),
              i, panel.series.size());
          j["encode"]["y"] = {1, 5};
          if (f.x.categories.size() == panel.series[i].boxes.size() && panel.series.size() == 1)
            j["assay"]["each"] = true;  // one box a category: each its own colour
          series.push_back(std::move(j));
        }
        break;
      default: add_points(f, s, series);
    }
  }
}

void add_cells(const Figure& f, const FigurePanel& panel, Json& option) {
  Json data = Json::array();
  double least = kAbsent, most = kAbsent;
  const auto scale = [&](double v) { return f.z.log ? std::log10(v) : v; };
  for (const auto& c : panel.cells) {
    if (!std::isfinite(c.value)) continue;
    data.push_back({c.x, c.y, scale(c.value), c.value});
    least = std::fmin(least, scale(c.value));
    most = std::fmax(most, scale(c.value));
  }
  if (std::isfinite(f.z.low)) {
    least = scale(f.z.low);
    most = scale(f.z.high);
  }
  const bool few = panel.cells.size() <= 120;
  option["series"].push_back(
      {{"type", "heatmap"},
       {"name", one_line(f.z.name)},
       {"dimensions", {"x", "y", "colour", "value"}},
       {"encode", {{"x", 0}, {"y", 1}, {"value", 3}, {"tooltip", {3}}}},
       {"data", std::move(data)},
       {"assay", {{"labels", few}}},
       {"itemStyle", {{"borderColor", "#fff"}, {"borderWidth", few ? 2 : 0.5}}},
       {"label", {{"show", few}}}});
  option["visualMap"] = {{"type", "continuous"},
                         {"dimension", 2},
                         {"min", number(least)},
                         {"max", number(most)},
                         {"orient", "vertical"},
                         {"right", 2},
                         {"top", "middle"},
                         {"itemHeight", 160},
                         {"itemWidth", 12},
                         {"calculable", false},
                         {"text", {one_line(f.z.name), ""}},
                         {"inRange", {{"color", kHeat}}}};
  option["assay"]["log_colour"] = f.z.log;
  option["grid"]["right"] = 96;
  option["grid"]["left"] = 80;
  option["yAxis"]["splitLine"]["show"] = false;
  option["toolbox"]["feature"].erase("dataZoom");
  option.erase("legend");
}

}  // namespace

Json echarts_options(const Figure& f) {
  Json out = Json::array();
  for (const auto& panel : f.panels) {
    Json option = base(f, panel);
    const bool from_zero = f.kind == PlotKind::bar || f.kind == PlotKind::histogram;
    if (from_zero && f.y.categories.empty() && !f.y.log) option["yAxis"]["scale"] = false;
    if (ends_at_one(f)) option["yAxis"]["max"] = 1;
    if (f.kind == PlotKind::heatmap) {
      add_cells(f, panel, option);
    } else {
      add_series(f, panel, option["series"]);
    }
    if (f.kind == PlotKind::histogram && !panel.series.empty() && !panel.series[0].bins.empty()) {
      option["xAxis"]["min"] = f.x.low;
      option["xAxis"]["max"] = f.x.high;
      option["xAxis"]["axisLabel"]["showMinLabel"] = false;
      option["xAxis"]["axisLabel"]["showMaxLabel"] = false;
    }
    if (f.x.categories.empty() && (f.kind == PlotKind::line || f.kind == PlotKind::scatter))
      set_ticks(option["xAxis"], grid_ticks(f));
    if (f.kind == PlotKind::cdf) {
      option["yAxis"]["min"] = 0;
      option["yAxis"]["max"] = 1;
      option["yAxis"]["axisLabel"]["showMinLabel"] = true;
      option["yAxis"]["axisLabel"]["showMaxLabel"] = true;
    }
    out.push_back(std::move(option));
  }
  return out;
}

}  // namespace assay
