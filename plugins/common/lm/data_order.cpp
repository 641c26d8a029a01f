#include "plugins/common/lm/data_order.hpp"

#include <assay/plugin.hpp>

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace assay::lm {

DataOrder::DataOrder(int64_t n, uint64_t key, bool shuffled)
    : n_(n), key_(key), shuffled_(shuffled), order_() {
  if (n < 1) throw std::invalid_argument("there are no training examples");
}

int64_t DataOrder::at(int64_t position) {
  const int64_t e = epoch(position);
  if (e != epoch_) {
    order_.resize(static_cast<size_t>(n_));
    std::iota(order_.begin(), order_.end(), 0);
    if (shuffled_) Stream(key_, static_cast<uint64_t>(e) << 32).shuffle(order_);
    epoch_ = e;
  }
  return order_[static_cast<size_t>(position % n_)];
}

std::vector<int64_t> DataOrder::batch(int64_t first, int64_t count) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(at(first + i));
  return out;
}

Mixture::Mixture(std::span<const double> weights)
    : shares_(weights.begin(), weights.end()), counts_(weights.size()) {
  double total = 0;
  for (const double w : weights) {
    if (!std::isfinite(w) || w < 0)
      throw std::invalid_argument("the weight " + std::to_string(w) +
                                  " of a stream; weights are finite and at least 0");
    total += w;
  }
  if (total <= 0) throw std::invalid_argument("the streams' weights are all 0");
  for (double& share : shares_) share /= total;
}

Mixture::Place Mixture::at(int64_t position) {
  if (position < position_ - 1) {
    counts_.assign(counts_.size(), 0);
    position_ = 0;
  }
  while (position_ <= position) last_ = next();
  return last_;
}

Mixture::Place Mixture::next() {
  const auto due = static_cast<double>(++position_);
  size_t best = 0;
  double most = -INFINITY;
  for (size_t i = 0; i < shares_.size(); ++i)
    if (const double deficit = shares_[i] * due - static_cast<double>(counts_[i]); deficit > most)
      best = i, most = deficit;
  return {static_cast<int64_t>(best), counts_[best]++};
}

}  // namespace assay::lm
