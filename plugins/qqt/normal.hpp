// Standard normal numbers.
#pragma once
#include <assay/plugin.hpp>

#include <cmath>
#include <numbers>
#include <utility>

namespace qqt {

/// Two independent standard normal numbers from two uniform ones, u in (0, 1] (Box and Muller,
/// 1958).
inline std::pair<double, double> box_muller(double u, double v) {
  const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * std::numbers::pi * v;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// Two independent standard normal numbers from one block.
inline std::pair<double, double> normal_pair(const assay::Philox& philox, uint64_t sample,
                                             uint32_t layer, uint32_t block) {
  const auto w = philox.words(sample, layer, block);
  const auto uniform = [](uint32_t high, uint32_t low) {  // in (0, 1]
    return (static_cast<double>((uint64_t{high} << 21) ^ (low >> 11)) + 1) * 0x1p-53;
  };
  return box_muller(uniform(w[0], w[1]), uniform(w[2], w[3]));
}

}  // namespace qqt
