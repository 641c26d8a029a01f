#include "plugins/ssft/worst.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace ssft {

Worst find_worst(std::span<const double> badness, int64_t k, uint64_t key) {
  const auto n = static_cast<int64_t>(badness.size());
  if (k > n - 2)
    throw std::invalid_argument("k is " + std::to_string(k) + ", but A has " + std::to_string(n) +
                                " examples, of which at least 2 must stay");
  const assay::Philox draw(key);
  std::vector<uint64_t> tie(badness.size());
  for (size_t i = 0; i < tie.size(); ++i) {
    const auto w = draw.words(i);
    tie[i] = (uint64_t{w[0]} << 32) | w[1];
  }
  std::vector<int64_t> order(badness.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    const auto x = static_cast<size_t>(i), y = static_cast<size_t>(j);
    if (badness[x] != badness[y]) return badness[x] > badness[y];
    return tie[x] != tie[y] ? tie[x] < tie[y] : x < y;
  });
  Worst worst;
  worst.dropped.assign(order.begin(), order.begin() + k);
  worst.kept.assign(order.begin() + k, order.end());
  std::sort(worst.kept.begin(), worst.kept.end());
  if (k == 0) return worst;
  const double last = badness[static_cast<size_t>(worst.dropped.back())];
  worst.ties = std::count(badness.begin(), badness.end(), last);
  worst.ties_dropped = std::count_if(worst.dropped.begin(), worst.dropped.end(), [&](int64_t i) {
    return badness[static_cast<size_t>(i)] == last;
  });
  return worst;
}

}  // namespace ssft
