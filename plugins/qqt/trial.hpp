// What `measure` trains: one run for each pool, each union of the best pools, and each replicate,
// all side by side, step for step.
//   N distinct samples of a pool, n samples seen by a run, R runs, B samples of a step
#pragma once
#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace qqt {

/// What one run learns from: pools by their rank, 0 the best, shuffled together.
struct TrainingSet {
  std::string name;            // pool2, top3
  std::vector<int64_t> pools;  // ascending and without a gap
};

struct TrialPlan {
  int64_t pools = 4, pool_size = 0, replicates = 1, batch = 1;
  std::vector<TrainingSet> sets;

  /// Each pool alone, then, if `unions`, the union of the best two, three ... of them.
  static TrialPlan make(int64_t pools, int64_t pool_size, int64_t replicates, int64_t batch,
                        bool unions);

  /// Runs are numbered replicate by replicate, in the order of `sets`.
  int64_t runs() const { return replicates * static_cast<int64_t>(sets.size()); }
  const TrainingSet& set(int64_t run) const;
  int64_t replicate(int64_t run) const { return run / static_cast<int64_t>(sets.size()); }
  /// Distinct samples that the run sees.
  int64_t distinct(int64_t run) const;
};

/// The order in which a run sees its samples: epochs of its training set, each shuffled anew. A
/// batch may begin in one epoch and end in the next. What a run sees depends on the key, its
/// replicate and its pools alone.
class Feed {
 public:
  Feed(const TrialPlan& plan, int64_t run, uint64_t key);

  /// The samples of step `step` (from 0), `batch` of them: pool * pool_size + place in the pool.
  void batch(int64_t step, int64_t* samples);

 private:
  void shuffle(int64_t epoch);

  uint64_t key_;
  int64_t batch_, first_, epoch_ = -1;
  std::vector<int64_t> order_;
};

/// Runs in training.
class World {
 public:
  virtual ~World() = default;

  /// Work before the first step, in pieces that each take well below a second, and how many.
  virtual bool ready() const { return true; }
  virtual int64_t preparations() const { return 0; }
  virtual void prepare() {}

  /// Step number `step` (from 0) of every run.
  virtual void step(int64_t step) = 0;

  /// The error of each run, in [0, 1] where it is a share, in the order of the plan.
  virtual std::vector<double> errors() = 0;

  /// All that a resumed trial needs beside the step; the columns borrow from the world, and are
  /// good until its next step.
  virtual void add_state(std::vector<assay::Column>& columns) = 0;
  virtual void restore(const assay::Reader& checkpoint) = 0;

  /// What the world alone has to say, once it is ready and all is measured.
  virtual void report(const assay::Job&) {}
};

/// A key of its own for each replicate.
uint64_t replicate_key(uint64_t key, int64_t replicate);

}  // namespace qqt
