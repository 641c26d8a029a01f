// Standard normal numbers, counted like the generator's blocks.
#pragma once
#include <assay/plugin.hpp>

#include <cmath>
#include <numbers>
#include <utility>

namespace qqt {

/// Two independent standard normal numbers from one block (Box and Muller, 1958).
inline std::pair<double, double> normal_pair(const assay::Philox& philox, uint64_t sample,
                                             uint32_t layer, uint32_t block) {
  const auto w = philox.words(sample, layer, block);
  const auto uniform = [](uint32_t high, uint32_t low) {  // in (0, 1]
    return (static_cast<double>((uint64_t{high} << 21) ^ (low >> 11)) + 1) * 0x1p-53;
  };
  const double radius = std::sqrt(-2 * std::log(uniform(w[0], w[1])));
  const double angle = 2 * std::numbers::pi * uniform(w[2], w[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace qqt
