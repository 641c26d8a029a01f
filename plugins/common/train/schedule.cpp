#include "plugins/common/train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace assay::train {

double plateau_factor(std::span<const double> losses) {
  constexpr double kFactor = 0.2, kThreshold = 0.01;
  constexpr int kPatience = 5;
  double factor = 1, best = std::numeric_limits<double>::infinity();
  int worse = 0;
  for (const double loss : losses) {
    if (loss < best * (1 - kThreshold)) {
      best = loss;
      worse = 0;
    } else if (++worse > kPatience) {
      factor *= kFactor;
      worse = 0;
    }
  }
  return factor;
}

double Schedule::rate(int64_t step, std::span<const double> losses) const {
  const double e = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
  const double end = static_cast<double>(epochs);
  if (kind == "triangle") {
    const double share = e < warmup_epochs      ? e / warmup_epochs
                         : warmup_epochs >= end ? 1
                                                : (end - e) / (end - warmup_epochs);
    return peak * std::max(0.0, share);
  }
  if (kind == "linear") return peak * std::max(0.0, 1 - e / end);
  const auto cosine = [&](double share) {
    return floor + (peak - floor) * (1 + std::cos(std::numbers::pi * std::min(1.0, share))) / 2;
  };
  if (kind == "cosine") return cosine(e / end);
  if (kind == "cosine_warmup") {
    if (e < warmup_epochs) return peak * e / warmup_epochs;
    return cosine(warmup_epochs >= end ? 0 : (e - warmup_epochs) / (end - warmup_epochs));
  }
  if (kind == "plateau") return std::max(peak * plateau_factor(losses), std::min(peak, 1e-5));
  return peak;
}

}  // namespace assay::train
