// The scores that a run of `sample` or `score_file` has left for its samples.
#pragma once
#include "plugins/diffusion/scores.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

struct ScoredSamples {
  std::vector<double> score;     // (n,): the one that the run chose
  std::vector<float> scores;     // (scores, windows, n), scores in the order of kScores
  std::vector<Window> windows;   // the windows
  std::vector<int64_t> visited;  // timesteps that each holds

  size_t count() const { return score.size(); }
  /// (n,) of one score over one window.
  std::vector<double> of(Score score, size_t window) const;
};

/// Declares what write_scored writes.
template <class M>
void declare_scored(assay::Schema<M>& s) {
  s.output("score", ASSAY_ARRAY, "(n,): the chosen score of each sample; high: hallucinated");
  s.output("scores", ASSAY_ARRAY,
           "(3, windows, n): variance, path_length and noise_weighted over every window");
  s.output("windows", ASSAY_TABLE, "the windows of timesteps, as `scores` has them")
      .column("window", ASSAY_INT, "its position")
      .column("t_lo", ASSAY_INT, "the first timestep")
      .column("t_hi", ASSAY_INT, "the first timestep beyond")
      .column("visited", ASSAY_INT, "timesteps of the chain inside");
}

void write_scored(assay::Job& job, const ScoredSamples& samples);

/// Of the input `name`. std::invalid_argument if that run has none.
ScoredSamples read_scored(const assay::Job& job, const std::string& name);

}  // namespace diffusion
