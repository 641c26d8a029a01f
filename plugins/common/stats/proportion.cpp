#include "plugins/common/stats/proportion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace assay::stats {

Proportion wilson(int64_t count, int64_t n, double z) {
  if (count < 0 || n < count)
    throw std::invalid_argument("a share of " + std::to_string(count) + " of " + std::to_string(n));
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (n == 0) return {0, 0, kNaN, kNaN, kNaN};
  const auto k = static_cast<double>(count), total = static_cast<double>(n);
  const double half = z * std::sqrt(k * (total - k) / total + z * z / 4);
  const double centre = k + z * z / 2, whole = total + z * z;
  return {count, n, k / total, count == 0 ? 0 : std::max(0.0, (centre - half) / whole),
          count == n ? 1 : std::min(1.0, (centre + half) / whole)};
}

}  // namespace assay::stats
