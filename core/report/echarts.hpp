// A figure as options for ECharts: data only. What needs code (bars, bands, boxes, number formats)
// is named by "assay" keys, and template/report.js supplies it.
#pragma once
#include "core/base/json.hpp"
#include "core/report/figure.hpp"

namespace assay {

/// One option a panel.
Json echarts_options(const Figure& figure);

}  // namespace assay
