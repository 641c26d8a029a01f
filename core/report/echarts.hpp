// A figure as options for ECharts: data only. What needs code (bars, bands, boxes, number formats,
// the places of panels) is named by "assay" keys, and template/report.js supplies it.
#pragma once
#include "core/base/json.hpp"
#include "core/report/figure.hpp"

namespace assay {

/// One option; each panel is a grid of it with its own pair of axes.
Json echarts_options(const Figure& figure);

/// The series of one panel, on the axes of the same number.
Json echarts_series(const Figure& figure, size_t panel);

}  // namespace assay
