// All samples judged by the modes they should come from: verdicts, and counts of them.
#pragma once
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/interpolation.hpp"

#include <cstdint>
#include <iterator>
#include <vector>

namespace diffusion {

/// Distances from the nearest mode, in sigma, beyond which samples are counted whatever the rule.
constexpr double kOtherRules[] = {3, 4, 6, 8};

/// The samples in the support of one mode: sums of their offsets from it, by coordinate.
struct ModeSums {
  int64_t count = 0;
  std::vector<double> sum, square;
  /// Their variance around their own mean, the mean over the coordinates.
  double variance() const;
  double sd() const;
};

struct Judged {
  std::vector<uint8_t> bad;
  std::vector<int64_t> mode, edge;
  std::vector<double> lambda;            // these (n,)
  std::vector<int64_t> on_edge, in_gap;  // by edge
  std::vector<ModeSums> modes;           // of samples in the support
  int64_t beyond[std::size(kOtherRules)] = {};
};

Judged judge_all(const Data& data, const Interpolation& interpolation);

}  // namespace diffusion
