// Counter-based label noise: one block of Philox an example.
#include "plugins/common/data/noise.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace assay::data {
namespace {

/// 64 random bits of an example; `layer` 0 chooses it, 1 its label.
uint64_t bits(const Philox& draw, int64_t example, uint32_t layer) {
  const auto w = draw.words(static_cast<uint64_t>(example), layer);
  return (uint64_t{w[0]} << 32) | w[1];
}

/// In 0 .. n-1. The bias is below n 2^-32, for labels too small to matter.
int64_t below(uint64_t random, int64_t n) {
  return static_cast<int64_t>((random >> 32) * static_cast<uint64_t>(n) >> 32);
}

}  // namespace

NoiseMode noise_mode(const std::string& name) {
  if (name == "uniform_other") return NoiseMode::uniform_other;
  if (name == "reference") return NoiseMode::reference;
  if (name == "any_class") return NoiseMode::any_class;
  throw std::invalid_argument("label noise \"" + name +
                              "\" is none of uniform_other, reference, any_class");
}

void mislabel(std::vector<int32_t>& labels, std::span<const int64_t> members, double share,
              int classes, NoiseMode mode, uint64_t key) {
  const Philox draw(key);
  const auto count = static_cast<size_t>(std::floor(share * static_cast<double>(members.size())));
  std::vector<std::pair<uint64_t, int64_t>> order;
  for (const int64_t i : members) order.emplace_back(bits(draw, i, 0), i);
  std::sort(order.begin(), order.end());
  order.resize(count);
  for (const auto& [random, i] : order) {
    const uint64_t r = bits(draw, i, 1);
    int64_t shift = 0;
    if (mode == NoiseMode::uniform_other) shift = 1 + below(r, classes - 1);
    if (mode == NoiseMode::reference) shift = 1 + below(r, std::max(1, classes - 2));
    if (mode == NoiseMode::any_class) shift = below(r, classes);
    auto& label = labels[static_cast<size_t>(i)];
    label = static_cast<int32_t>((label + shift) % classes);
  }
}

}  // namespace assay::data
