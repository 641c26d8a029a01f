#include "plugins/diffusion/keep.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace diffusion {

int64_t keep_count(int64_t n, int64_t keep, double drop_fraction) {
  if (keep > n)
    throw std::invalid_argument("keep = " + std::to_string(keep) + " exceeds the " +
                                std::to_string(n) + " samples; draw more, or keep fewer");
  if (keep > 0) return keep;
  return std::llround((1 - drop_fraction) * static_cast<double>(n));
}

std::vector<int64_t> random_subset(int64_t n, int64_t keep, uint64_t key) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  assay::Stream(key).shuffle(order);
  order.resize(static_cast<size_t>(keep));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<int64_t> at_most(std::span<const double> score, double tau) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < score.size(); ++i)
    if (score[i] <= tau) kept.push_back(static_cast<int64_t>(i));
  return kept;
}

}  // namespace diffusion
