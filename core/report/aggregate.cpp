#include "core/base/error.hpp"
#include "core/report/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay {

bool Aggregate::pools() const {
  return name == "share" || name == "median" || name == "min" || name == "max" || name == "n";
}

namespace {
size_t hits(const Aggregate& a, Numbers x) {
  return static_cast<size_t>(
      std::count_if(x.begin(), x.end(), [&](double v) { return compare(v, a.op, a.bound); }));
}
}  // namespace

double Aggregate::of(Numbers x) const {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (name == "n") return static_cast<double>(x.size());
  if (x.empty()) return kNaN;
  if (name == "mean") return mean(x);
  if (name == "median") return median(x);
  if (name == "min") return *std::min_element(x.begin(), x.end());
  if (name == "max") return *std::max_element(x.begin(), x.end());
  if (name == "sd") return sd(x);
  if (name == "sem") return sem(x);
  if (name == "share") return static_cast<double>(hits(*this, x)) / static_cast<double>(x.size());
  const auto interval = student_interval(x);  // ci95
  return interval ? (interval->high - interval->low) / 2 : kNaN;
}

std::optional<Interval> Aggregate::interval(Numbers x, double level) const {
  if (x.empty()) return std::nullopt;
  if (name == "mean") return student_interval(x, level);
  if (name == "median") return median_interval(x, level);
  if (name == "share") return wilson_interval(hits(*this, x), x.size(), level);
  return std::nullopt;
}

Aggregate parse_aggregate(const std::string& text) {
  try {
    return {parse_aggregate_spec(text)};
  } catch (const ExpressionError& e) {
    throw BadInput("E180", e.what());
  }
}

}  // namespace assay
