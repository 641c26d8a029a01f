// Ticks and ends of axes where the drawing libraries' own are poor.
#pragma once
#include "core/report/figure.hpp"

#include <vector>

namespace assay {

struct AxisRange {
  double low, high;
};

/// Of a logarithmic axis: its data and a margin of 4 % of its length.
AxisRange log_range(const FigureAxis& axis);

/// 1, 2, 5 times powers of ten within the range; powers alone when it spans more than three.
std::vector<double> log_ticks(const AxisRange& range);

/// The distinct x of a figure's points when they are at most `most`: a grid that was chosen, whose
/// values deserve the ticks. {} otherwise.
std::vector<double> grid_ticks(const Figure& figure, size_t most = 9);

}  // namespace assay
