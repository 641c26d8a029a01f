// What recursive training does to a world: the numbers by which one generation of samples is
// compared with the data it should resemble (Aithal et al. 2024, the recursion figure). No
// LibTorch.
#pragma once
#include "plugins/diffusion/data.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

struct GenerationReport {
  int64_t n = 0, hallucinated = 0;
  double beyond_3sigma = 0;                      // share farther than 3 sigma from every mode
  double smallest_share = 0, largest_share = 0;  // of a mode, by the nearest mode, times K
  int64_t lost_modes = 0;                        // with less than a quarter of an equal share
  double width = 0;                              // standard deviation within modes, over sigma
  double divergence = 0;                         // of histograms: histogram_kl.hpp
};

/// Points by their mixture, hallucinated farther than k_sigma from every mode; the width is the
/// standard deviation of the others around their modes' means, over sigma. Simple shapes by the
/// shape detector; then the numbers about modes are NaN and 0. std::invalid_argument where the data
/// have neither rule. `first` are the data of generation 0; the divergence is NaN beyond two
/// dimensions, and below 10 data points.
GenerationReport report_generation(const Data& samples, const Data& first, double k_sigma);

}  // namespace diffusion
