// Llama-3's scaling of frequencies, which GGUF spells out as one divisor a frequency.
#pragma once
#include "plugins/common/lm/config.hpp"

namespace assay::lm {

/// Where `rope.divisors` are those of Llama-3 (8192 positions at first, factors 1 and 4) or all 1,
/// says so in `rope.scaling`, which config.json has a place for, and clears them. Other divisors
/// stay.
void name_scaling(Rope& rope);

}  // namespace assay::lm
