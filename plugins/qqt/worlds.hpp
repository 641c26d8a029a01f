// The worlds that `measure` knows, by name, with what each of them has by default.
#pragma once
#include "plugins/qqt/trial.hpp"

#include <memory>

namespace qqt {

/// What a user may set; an empty list or 0 is the world's own value, which `settled` fills in.
struct WorldSettings {
  std::string world = "powerlaw";
  int64_t pool_size = 0;
  std::vector<double> quality;
  int64_t pools = 4;  // of the world caption, which has no list `quality`
  std::vector<double> eval_at;
  int64_t batch = 0;
  double rate = 0, average = 0;
  int64_t features = 1000;  // powerlaw
  double decay = 1.3;
  int64_t hidden = 100;  // fmnist
  double width = 1;      // caption
  int64_t scorer_pairs = 12000, scorer_samples = 180000, tests = 3000;

  /// Throws std::invalid_argument with one sentence if the settings contradict one another.
  WorldSettings settled() const;
  int64_t pool_count() const;
  /// Samples seen at each of `eval_at`: multiples of the batch, ascending.
  std::vector<int64_t> points() const;
};
#define QQT_WORLDS "powerlaw", "fmnist", "caption"

/// The pools and everything that is trained on them, at the beginning. The settings are settled;
/// `images` is read by the worlds fmnist and caption.
std::unique_ptr<World> make_world(const assay::Job& job, const WorldSettings& settings,
                                  const TrialPlan& plan);

// One file each; those that train networks are in the plugin only if it is built with LibTorch.
std::unique_ptr<World> make_fmnist(const assay::Job& job, const WorldSettings& settings,
                                   const TrialPlan& plan);
std::unique_ptr<World> make_caption(const assay::Job& job, const WorldSettings& settings,
                                    const TrialPlan& plan);

}  // namespace qqt
