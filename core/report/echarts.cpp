#include "core/report/axis_ticks.hpp"
#include "core/report/echarts.hpp"
#include "core/report/heat_scale.hpp"
#include "core/report/palette.hpp"
#include "core/report/panel_grid.hpp"
#include "core/report/text_grid.hpp"

#include <algorithm>

namespace assay {
namespace {

constexpr double kPageWidth = 996;  // of the report's column, pixels

void set_ticks(Json& axis, const std::vector<double>& ticks) {
  if (ticks.size() < 2) return;
  axis["axisTick"]["customValues"] = ticks;
  axis["axisLabel"]["customValues"] = ticks;
}

bool from_zero(const Figure& f) { return f.kind == PlotKind::bar || f.kind == PlotKind::histogram; }

Json axis(const FigureAxis& a, size_t index, bool horizontal, const PanelRoom& room) {
  Json j{{"gridIndex", index},
         {"axisLine", {{"show", true}, {"onZero", false}, {"lineStyle", {{"color", "#888"}}}}},
         {"axisTick", {{"show", true}}},
         {"axisLabel", {{"color", "#333"}, {"fontSize", 12}, {"hideOverlap", true}}}};
  if (!a.categories.empty()) {
    j["type"] = "category";
    j["data"] = tick_names(a);
    j["axisTick"]["alignWithLabel"] = true;
    j["inverse"] = a.first_on_top;
    const bool turned = horizontal && room.turned;
    if (turned) j["axisLabel"]["rotate"] = 35;
    if (turned || (!horizontal && a.categories.size() <= 30)) j["axisLabel"]["interval"] = 0;
  } else if (a.log) {
    const AxisRange range = log_range(a);
    j["type"] = "log";
    j["min"] = range.low;
    j["max"] = range.high;
    set_ticks(j, log_ticks(range));
  } else {
    j["type"] = "value";
    j["scale"] = true;
    if (a.fixed) j["min"] = a.low, j["max"] = a.high;
  }
  j["splitLine"] = {{"show", !horizontal}, {"lineStyle", {{"color", "#ececec"}}}};
  return j;
}

Json toolbox(const Figure& f) {
  Json j{
      {"right", 4},
      {"top", 0},
      {"itemSize", 13},
      {"iconStyle", {{"borderColor", "#9aa1aa"}}},
      {"feature",
       {{"dataZoom", {{"filterMode", "none"}, {"title", {{"zoom", "Zoom"}, {"back", "Back"}}}}},
        {"restore", {{"title", "Reset"}}},
        {"saveAsImage",
         {{"title", "Save"}, {"name", f.name}, {"pixelRatio", 3}, {"backgroundColor", "#fff"}}}}}};
  if (f.kind == PlotKind::heatmap) j["feature"].erase("dataZoom");
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
  return !f.y.log && !f.y.fixed && low >= 0 && high > 0.9 && high <= 1;
}

void add_axes(const Figure& f, size_t i, const PanelRoom& room, Json& option) {
  Json x = axis(f.x, i, true, room), y = axis(f.y, i, false, room);
  if (from_zero(f) && f.y.categories.empty() && !f.y.log) y["scale"] = false;
  if (ends_at_one(f)) y["max"] = 1;
  if (f.kind == PlotKind::heatmap) y["splitLine"]["show"] = false;
  if (f.kind == PlotKind::histogram && !f.x.log && !f.x.fixed && std::isfinite(f.x.low)) {
    x["min"] = f.x.low;
    x["max"] = f.x.high;
    x["axisLabel"]["showMinLabel"] = false;
    x["axisLabel"]["showMaxLabel"] = false;
  }
  if (f.x.categories.empty() && (f.kind == PlotKind::line || f.kind == PlotKind::scatter))
    set_ticks(x, grid_ticks(f));
  if (f.kind == PlotKind::cdf) {
    y["min"] = 0;
    y["max"] = 1;
  }
  option["grid"].push_back(Json::object());
  option["xAxis"].push_back(std::move(x));
  option["yAxis"].push_back(std::move(y));
}

/// How template/report.js places the panels, and what it writes beside them.
Json placing(const Figure& f, const PanelRoom& room) {
  Json titles = Json::array();
  if (f.panels.size() > 1)
    for (const auto& panel : f.panels) titles.push_back(one_line(panel.title));
  return {{"columns", panel_columns(f.panels.size())},
          {"left", room.left},
          {"below", room.below},
          {"titles", std::move(titles)},
          {"x", one_line(f.x.name)},
          {"y", one_line(f.y.name)},
          {"upright", std::any_of(f.lines.begin(), f.lines.end(), [](const auto& line) {
             return line.axis == "x" && !line.label.empty();
           })}};
}

void add_colours(const Figure& f, Json& option) {
  const HeatScale scale = heat_scale(f);
  const auto place = [&](double v) { return scale.log ? std::log10(v) : v; };
  option["visualMap"] = {{"type", "continuous"},     {"show", false},
                         {"dimension", 2},           {"min", place(scale.low)},
                         {"max", place(scale.high)}, {"inRange", {{"color", scale.colours}}}};
  option["assay"]["heat"] = {{"rows", scale.rows},     {"columns", scale.columns},
                             {"square", scale.square}, {"name", one_line(f.z.name)},
                             {"low", scale.low},       {"high", scale.high},
                             {"log", scale.log},       {"colours", scale.colours}};
}

}  // namespace

Json echarts_options(const Figure& f) {
  const PanelRoom room = panel_room(f, kPageWidth - 60);
  Json option{{"animation", false},
              {"textStyle", {{"fontFamily", "inherit"}}},
              {"tooltip", {{"trigger", "item"}, {"renderMode", "richText"}, {"confine", true}}},
              {"toolbox", toolbox(f)},
              {"grid", Json::array()},
              {"xAxis", Json::array()},
              {"yAxis", Json::array()},
              {"series", Json::array()},
              {"assay", placing(f, room)}};
  Json names = Json::array();
  for (const auto* s : legend_of(f)) names.push_back(one_line(s->name));
  const bool named_below = f.kind == PlotKind::box && f.slots == 1;  // by the categories of x
  if (!names.empty() && f.kind != PlotKind::heatmap && !named_below)
    option["legend"] = {{"top", 0},
                        {"data", names},
                        {"itemWidth", 18},
                        {"itemHeight", 10},
                        {"textStyle", {{"color", "#333"}, {"fontSize", 12}}}};
  for (size_t i = 0; i < f.panels.size(); ++i) {
    add_axes(f, i, room, option);
    for (auto& series : echarts_series(f, i)) option["series"].push_back(std::move(series));
  }
  if (f.kind == PlotKind::heatmap) add_colours(f, option);
  return option;
}

}  // namespace assay
