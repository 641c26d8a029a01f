// Many samples of one chain, block by block, each scored as it is made: what `sample` and
// `recurse` share. It can stop after any block and go on from a checkpoint to the same bits.
#pragma once
#include "plugins/diffusion/sampler.hpp"
#include "plugins/diffusion/scores.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <vector>

namespace diffusion {

struct GeneratorOptions {
  SamplerOptions sampler;
  std::vector<Window> windows;  // to score over; not empty
  std::vector<double> snr;      // alpha_bar / (1 - alpha_bar) of the chain's timesteps, as it runs
  int64_t n = 0;                // samples
  int64_t batch = 4096;         // of a block
  int64_t record = 0;           // the trajectories of so many samples are kept,
  Window recorded;              // at these timesteps
};

class Generator {
 public:
  /// `denoiser` outlives the generator.
  Generator(Denoiser& denoiser, GeneratorOptions options);

  int64_t made() const { return made_; }
  bool done() const { return made_ >= options_.n; }
  /// One block.
  void step();

  /// (n, D)
  const std::vector<float>& x() const { return x_; }
  size_t windows() const { return options_.windows.size(); }
  const Window& window(size_t w) const { return options_.windows[w]; }
  /// How many timesteps of the chain window w holds.
  int64_t visited(size_t w) const { return visited_[w]; }
  /// (scores, windows, n), scores in the order of kScores.
  const std::vector<double>& scores() const { return scores_; }
  /// (n,) of one score over one window.
  std::vector<double> score(Score score, size_t w) const;
  /// x0^ (record, recorded_t().size(), D), chronologically.
  const std::vector<float>& trajectory() const { return trajectory_; }
  const std::vector<int64_t>& recorded_t() const { return recorded_t_; }

  /// What a resumed generator needs; valid until the next step.
  std::vector<assay::Column> columns() const;
  void restore(const assay::Reader& checkpoint);

 private:
  size_t score_at(size_t score, size_t w, int64_t i) const;

  GeneratorOptions options_;
  Sampler sampler_;
  int64_t features_, made_ = 0;
  std::vector<int64_t> steps_, visited_, recorded_t_;
  std::vector<float> x_, trajectory_;
  std::vector<double> scores_;
  mutable std::vector<int64_t> made_column_;
};

}  // namespace diffusion
