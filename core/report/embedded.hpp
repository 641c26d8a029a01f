// Files of core/report/template and ECharts, embedded when the host is built.
#pragma once
#include <string_view>

namespace assay::embedded {

std::string_view css();
std::string_view js();
/// The ECharts library; empty when it was not there at configure time.
std::string_view echarts();

}  // namespace assay::embedded
