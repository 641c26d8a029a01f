// The colours and labels of a heat map, the same in every renderer.
#pragma once
#include "core/report/figure.hpp"

#include <string>
#include <vector>

namespace assay {

/// Values of both signs get two hues that meet in white at 0 and are equally strong at equal
/// distances from it; others get one hue, light to dark.
struct HeatScale {
  double low = 0, high = 1;          // the values of the first and the last colour
  bool log = false;                  // colours are even steps of the logarithm
  std::vector<std::string> colours;  // "#rrggbb"
  double white_below, white_above;   // a label on a colour beyond these is white, else dark
  int decimals = 2;                  // of labels
  size_t rows = 0, columns = 0;      // of a panel
  bool square = false;               // both axes have the same categories: a matrix

  bool labelled(size_t panels) const;  // whether the cells are large enough for their values
};

HeatScale heat_scale(const Figure& figure);

}  // namespace assay
