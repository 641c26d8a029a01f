#include "plugins/qqt/powerlaw.hpp"
#include "plugins/qqt/worlds.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace qqt {
namespace {

/// What the worlds have by default; measured with these, they behave as docs/papers/qqt.md says.
WorldSettings own(const std::string& world) {
  WorldSettings s;
  s.world = world;
  if (world == "powerlaw") {
    s.pool_size = 2000;
    s.quality = {0.1, 0.3, 0.6, 1.2};
    s.eval_at = {0.5, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30};
    s.batch = 10, s.rate = 0.3, s.average = 0.02;
  } else if (world == "fmnist") {
    s.pool_size = 500;
    s.quality = {0, 0.3, 0.6, 0.8};
    s.eval_at = {2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 80};
    s.batch = 50, s.rate = 0.02, s.average = 0.03;
  } else {
    s.pool_size = 1500;
    s.eval_at = {1, 2, 3, 4, 6, 8, 10, 12, 16};
    s.batch = 100, s.rate = 1e-3, s.average = 1;
  }
  return s;
}

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

void check_quality(const WorldSettings& s) {
  if (s.world == "caption") {
    if (s.average != 0 && s.average != 1)
      refuse("average does not apply to world = \"caption\", which judges the newest weights");
    if (!s.quality.empty())
      refuse(
          "quality does not apply to world = \"caption\", whose pools are cut by score: say with "
          "pools how many");
    return;
  }
  if (s.pools != 4)
    refuse("pools is for world = \"caption\"; world = \"" + s.world +
           "\" has a pool for each value of quality");
  for (const double q : s.quality)
    if (!(q >= 0) || !std::isfinite(q) || (s.world == "fmnist" && q > 1))
      refuse(s.world == "fmnist" ? "quality is a share of labels drawn anew: from 0 to 1"
                                 : "quality is a variance of noise: at least 0");
  if (!std::is_sorted(s.quality.begin(), s.quality.end()))
    refuse("quality must ascend: the first pool is the best, with the least noise");
}

}  // namespace

WorldSettings WorldSettings::settled() const {
  check_quality(*this);
  const WorldSettings mine = own(world);
  WorldSettings s = *this;
  if (!s.pool_size) s.pool_size = mine.pool_size;
  if (s.quality.empty()) s.quality = mine.quality;
  if (s.eval_at.empty()) s.eval_at = mine.eval_at;
  if (!s.batch) s.batch = mine.batch;
  if (s.rate == 0) s.rate = mine.rate;
  if (s.average == 0) s.average = mine.average;
  const auto n = s.points();
  if (n.front() < s.batch)
    refuse("the first value of eval_at is less than one batch of " + std::to_string(s.batch) +
           " samples");
  for (size_t i = 1; i < n.size(); ++i)
    if (n[i] <= n[i - 1])
      refuse("eval_at must ascend, by at least one batch of " + std::to_string(s.batch) +
             " samples each");
  return s;
}

int64_t WorldSettings::pool_count() const {
  return world == "caption" ? pools : static_cast<int64_t>(quality.size());
}

std::vector<int64_t> WorldSettings::points() const {
  std::vector<int64_t> n;
  for (const double epochs : eval_at)
    n.push_back(batch *
                std::llround(epochs * static_cast<double>(pool_size) / static_cast<double>(batch)));
  return n;
}

std::unique_ptr<World> make_world(const assay::Job& job, const WorldSettings& s,
                                  const TrialPlan& plan) {
  if (s.world == "fmnist") return make_fmnist(job, s, plan);
  if (s.world == "caption") return make_caption(job, s, plan);
  return std::make_unique<Powerlaw>(
      plan, PowerlawOptions{s.features, s.decay, s.rate, s.average, s.quality, job.key("samples"),
                            job.key("order")});
}

}  // namespace qqt
