#include "core/report/heat_scale.hpp"
#include "core/report/panel_grid.hpp"
#include "core/report/text_grid.hpp"

#include <algorithm>

namespace assay {
namespace {

constexpr double kLetter = 6.8;  // pixels of a letter at 12 px

double widest(const std::vector<std::string>& names) {
  size_t out = 0;
  for (const auto& name : names) out = std::max(out, display_width(name));
  return kLetter * static_cast<double>(out);
}

}  // namespace

size_t panel_columns(size_t panels) {
  return panels <= 3 ? std::max<size_t>(panels, 1) : panels == 4 ? 2 : panels <= 9 ? 3 : 4;
}

std::vector<std::string> tick_names(const FigureAxis& axis) {
  std::vector<std::string> out;
  for (const auto& name : axis.categories) out.push_back(shorten(one_line(name), kMostLetters));
  return out;
}

PanelRoom panel_room(const Figure& f, double width) {
  PanelRoom room{f.y.log ? 50.0 : 42.0, 22, false};  // 1e-12 is wider than 0.125
  if (!f.y.categories.empty()) room.left = 12 + widest(tick_names(f.y));
  const auto n = static_cast<double>(f.x.categories.size());
  const double wide = widest(tick_names(f.x)),
               across = (width - room.left) / static_cast<double>(panel_columns(f.panels.size()));
  room.turned = wide > 3 * kLetter && (wide + 8) * n > across;  // of short ones some are left out
  if (!room.turned) return room;
  room.below = 22 + 0.574 * wide;  // sin and cos of 35 degrees
  room.left = std::max(room.left, 0.819 * wide - 0.5 * across / n - 16);
  return room;
}

PanelSize panel_size(const Figure& f) {
  const size_t panels = f.panels.size();
  if (f.kind != PlotKind::heatmap) {
    if (panels == 1) return {660, 370};
    return panel_columns(panels) == 2 ? PanelSize{400, 260} : PanelSize{270, 195};
  }
  const HeatScale heat = heat_scale(f);
  const auto rows = static_cast<double>(heat.rows), columns = static_cast<double>(heat.columns);
  if (heat.square) {
    const double side = panels == 1 ? std::clamp(52 * columns, 240.0, 600.0) : 290;
    return {side, side};
  }
  if (panels == 1)
    return {std::clamp(columns * 80, 300.0, 660.0), std::clamp(rows * 28, 190.0, 700.0)};
  return {std::clamp(columns * 50, 150.0, 300.0), std::clamp(rows * 18, 130.0, 340.0)};
}

}  // namespace assay
