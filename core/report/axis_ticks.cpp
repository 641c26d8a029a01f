#include "core/report/axis_ticks.hpp"

#include <algorithm>
#include <set>

namespace assay {

AxisRange log_range(const FigureAxis& axis) {
  if (!(axis.low > 0)) return {0.1, 10};
  if (axis.fixed) return {axis.low, axis.high};
  const double ratio = axis.high / axis.low;
  const double margin = ratio > 1 ? std::pow(ratio, 0.04) : 1.5;
  return {axis.low / margin, axis.high * margin};
}

std::vector<double> log_ticks(const AxisRange& range) {
  std::vector<double> out;
  const double decades = std::log10(range.high / range.low);
  const int stride = decades > 10 ? static_cast<int>(decades / 5) : 1;
  for (int e = static_cast<int>(std::floor(std::log10(range.low))); std::pow(10, e) <= range.high;
       ++e)
    for (const double digit : {1.0, 2.0, 5.0}) {
      if ((digit > 1 && decades > 3) || e % stride != 0) continue;
      const double tick = digit * std::pow(10, e);
      if (tick >= range.low && tick <= range.high) out.push_back(tick);
    }
  return out;
}

std::vector<double> grid_ticks(const Figure& figure, size_t most) {
  std::set<double> x;
  for (const auto& panel : figure.panels)
    for (const auto& s : panel.series)
      for (const auto& p : s.points) {
        x.insert(p.x);
        if (x.size() > most) return {};
      }
  // Values that nearly touch would print over one another.
  const auto place = [&](double v) { return figure.x.log ? std::log(v) : v; };
  if (x.size() < 2 || (figure.x.log && *x.begin() <= 0)) return {};
  const double length = place(*x.rbegin()) - place(*x.begin());
  for (auto at = x.begin(); std::next(at) != x.end(); ++at)
    if (place(*std::next(at)) - place(*at) < 0.05 * length) return {};
  return {x.begin(), x.end()};
}

}  // namespace assay
