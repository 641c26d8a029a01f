#include "plugins/diffusion/detection.hpp"
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

std::vector<int64_t> kept(const std::string& rule, std::span<const double> score, int64_t keep,
                          uint64_t key) {
  if (rule == "variance") return lowest(score, keep);
  std::vector<int64_t> index(score.size());
  std::iota(index.begin(), index.end(), int64_t{0});
  if (rule == "random")
    assay::Stream(key).shuffle(index);
  else if (rule != "none")
    throw std::invalid_argument("there is no filter \"" + rule + "\"");
  index.resize(std::min(index.size(), static_cast<size_t>(keep)));
  std::sort(index.begin(), index.end());
  return index;
}

std::vector<int64_t> at_most(std::span<const double> score, double tau) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < score.size(); ++i)
    if (score[i] <= tau) kept.push_back(static_cast<int64_t>(i));
  return kept;
}

}  // namespace diffusion
