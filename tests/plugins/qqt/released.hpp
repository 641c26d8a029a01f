// The parameters that the paper's authors released, ImageNet-1k and T-MARS pools of 12.8 M samples:
// four pools by quality, and the random control.
#pragma once
#include "plugins/qqt/law.hpp"

namespace qqt {

constexpr double kUtilityB[] = {-0.16, -0.125, -0.1, -0.085, -0.12};
constexpr double kUtilityTau[] = {74.0 / 11, 94.0 / 11, 58.0 / 11, 25.0 / 11, 6.0};
constexpr double kDataB[] = {-0.18227272727272728, -0.14484848484848487, -0.1353030303030303,
                             -0.09757575757575758, -0.141969696969697};
constexpr double kDataTau[] = {4.0, 48.0 / 11, 32.0 / 11, 16.0 / 11, 38.0 / 11};
constexpr double kReleasedN = 12.8e6;

/// The union of the q best pools.
inline Mixture released_union(Law law, size_t q) {
  const bool u = law == Law::utility;
  std::vector<PoolLaw> pools;
  for (size_t i = 0; i < q; ++i)
    pools.push_back({kReleasedN, u ? kUtilityB[i] : kDataB[i], u ? kUtilityTau[i] : kDataTau[i]});
  return {{law, Form::code, 1e5}, u ? 0.025 : 0.022, 0.1, std::move(pools)};
}

}  // namespace qqt
