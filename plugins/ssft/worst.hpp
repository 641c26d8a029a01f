// Which examples to drop: the worst by a score with many ties.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace ssft {

struct Worst {
  std::vector<int64_t> dropped;  // the worst first
  std::vector<int64_t> kept;     // ascending
  int64_t ties = 0;              // examples as bad as the last one dropped; 0 if none is
  int64_t ties_dropped = 0;      // of them, those dropped
};

/// The `k` examples of greatest `badness`. Equal ones come in an order that is random by `key` and
/// the same for every k, so that what is dropped at a smaller k is dropped at a larger one too.
/// std::invalid_argument if fewer than two would be left.
Worst find_worst(std::span<const double> badness, int64_t k, uint64_t key);

}  // namespace ssft
