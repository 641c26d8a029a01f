// How the panels of a figure stand on the page, and how much room the names of their axes take; in
// pixels, the same in every renderer.
#pragma once
#include "core/report/figure.hpp"

namespace assay {

inline constexpr size_t kMostLetters = 30;  // of a category's name on an axis; then "…"

/// Panels side by side: 1, 2, 3, then the most nearly square grid of at most 4 columns.
size_t panel_columns(size_t panels);

/// Names of the categories as an axis shows them.
std::vector<std::string> tick_names(const FigureAxis& axis);

/// Room that tick labels take.
struct PanelRoom {
  double left = 0, below = 0;  // left of the first, below the last panels
  bool turned = false;         // labels of x are turned by 35 degrees and end at their ticks
};

/// Of a figure whose panels together are `width` wide with their labels.
PanelRoom panel_room(const Figure& figure, double width);

/// A figure of its own size: without a page around it.
struct PanelSize {
  double width, height;
};
PanelSize panel_size(const Figure& figure);

}  // namespace assay
