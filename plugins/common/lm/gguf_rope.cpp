#include "plugins/common/lm/gguf_rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::lm {

void name_scaling(Rope& rope) {
  if (rope.divisors.empty()) return;
  Rope llama3 = rope;
  llama3.divisors.clear();
  llama3.factor = *std::max_element(rope.divisors.begin(), rope.divisors.end());
  llama3.scaling = llama3.factor == 1 ? "" : "llama3";
  llama3.original_context = 8192;
  llama3.low_freq_factor = 1;
  llama3.high_freq_factor = 4;
  for (size_t i = 0; i < rope.divisors.size(); ++i) {
    const double power = 2 * static_cast<double>(i) / static_cast<double>(rope.dims);
    const double turns = 8192 / (2 * std::numbers::pi) * std::pow(rope.theta, -power);
    const double kept = std::clamp((turns - 1) / 3, 0.0, 1.0);
    const double divisor = 1 / (kept + (1 - kept) / llama3.factor);
    if (std::abs(rope.divisors[i] - divisor) > 1e-4 * divisor) return;
  }
  rope = llama3;
}

}  // namespace assay::lm
