#include "plugins/diffusion/scored_samples.hpp"

#include <stdexcept>

namespace diffusion {

std::vector<double> ScoredSamples::of(Score score, size_t window) const {
  const size_t first = (static_cast<size_t>(score) * windows.size() + window) * count();
  const auto begin = scores.begin() + static_cast<ptrdiff_t>(first);
  return {begin, begin + static_cast<ptrdiff_t>(count())};
}

void write_scored(assay::Job& job, const ScoredSamples& samples) {
  const auto n = static_cast<int64_t>(samples.count());
  std::vector<int64_t> window, lo, hi;
  for (const Window& w : samples.windows) {
    window.push_back(static_cast<int64_t>(window.size()));
    lo.push_back(w.lo);
    hi.push_back(w.hi);
  }
  job.array("score", samples.score);
  job.array("scores",
            assay::Tensor(samples.scores.data(), {static_cast<int64_t>(kScores.size()),
                                                  static_cast<int64_t>(window.size()), n}));
  job.rows("windows",
           {{"window", window}, {"t_lo", lo}, {"t_hi", hi}, {"visited", samples.visited}});
}

ScoredSamples read_scored(const assay::Job& job, const std::string& name) {
  const auto run = job.open(name);
  if (!run.has("arrays/score"))
    throw std::invalid_argument("the samples of input \"" + name +
                                "\" have no scores; give it a run of sample or score_file");
  ScoredSamples samples;
  samples.score = run.read<double>("arrays/score");
  samples.scores = run.read<float>("arrays/scores");
  samples.visited = run.read<int64_t>("tables/windows/visited");
  const auto lo = run.read<int64_t>("tables/windows/t_lo");
  const auto hi = run.read<int64_t>("tables/windows/t_hi");
  for (size_t w = 0; w < lo.size(); ++w) samples.windows.push_back({lo[w], hi[w]});
  return samples;
}

}  // namespace diffusion
