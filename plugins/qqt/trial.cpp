#include "plugins/qqt/trial.hpp"

#include <numeric>

namespace qqt {
namespace {

uint64_t joined(const std::array<uint32_t, 4>& words) {
  return (uint64_t{words[0]} << 32) | words[1];
}

}  // namespace

TrialPlan TrialPlan::make(int64_t pools, int64_t pool_size, int64_t replicates, int64_t batch,
                          bool unions) {
  TrialPlan plan{pools, pool_size, replicates, batch, {}};
  for (int64_t p = 0; p < pools; ++p) plan.sets.push_back({"pool" + std::to_string(p), {p}});
  for (int64_t q = 2; unions && q <= pools; ++q) {
    plan.sets.push_back({"top" + std::to_string(q), std::vector<int64_t>(static_cast<size_t>(q))});
    std::iota(plan.sets.back().pools.begin(), plan.sets.back().pools.end(), 0);
  }
  return plan;
}

const TrainingSet& TrialPlan::set(int64_t run) const {
  return sets[static_cast<size_t>(run) % sets.size()];
}

int64_t TrialPlan::distinct(int64_t run) const {
  return pool_size * static_cast<int64_t>(set(run).pools.size());
}

Feed::Feed(const TrialPlan& plan, int64_t run, uint64_t key)
    : key_(joined(assay::Philox(key).words(static_cast<uint64_t>(plan.replicate(run)),
                                           static_cast<uint32_t>(plan.set(run).pools.front()),
                                           static_cast<uint32_t>(plan.set(run).pools.size())))),
      batch_(plan.batch),
      first_(plan.set(run).pools.front() * plan.pool_size),
      order_(static_cast<size_t>(plan.distinct(run))) {}

void Feed::batch(int64_t step, int64_t* samples) {
  const auto size = static_cast<int64_t>(order_.size());
  for (int64_t b = 0, n = step * batch_; b < batch_; ++b, ++n) {
    if (n / size != epoch_) shuffle(n / size);
    samples[b] = order_[static_cast<size_t>(n % size)];
  }
}

/// Every epoch draws its order from a place of its own in the stream, so that nothing need be
/// stored to resume.
void Feed::shuffle(int64_t epoch) {
  std::iota(order_.begin(), order_.end(), first_);
  assay::Stream(key_, static_cast<uint64_t>(epoch) << 32).shuffle(order_);
  epoch_ = epoch;
}

uint64_t replicate_key(uint64_t key, int64_t replicate) {
  return joined(assay::Philox(key).words(static_cast<uint64_t>(replicate)));
}

}  // namespace qqt
