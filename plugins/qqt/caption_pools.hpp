// The pools of world `caption`: captioned pictures, ranked by the T-MARS score and cut in equal
// parts, best first.
//   R replicates, N pairs of a pool, M = R * pools * N pairs in all
#pragma once
#include "plugins/common/data/caption_world.hpp"
#include "plugins/qqt/clip_trainer.hpp"
#include "plugins/qqt/trial.hpp"

namespace qqt {

/// Which images of a source make what: two disjoint parts of a random order, the second with a part
/// for each replicate.
struct ImageShares {
  std::vector<int64_t> scorer;
  std::vector<int64_t> pools;  // (M,), replicate by replicate
};
/// std::invalid_argument if the source has too few images: how many there are, and are needed.
ImageShares share_images(const assay::data::ImageSet& source, int64_t scorer_pairs,
                         const TrialPlan& plan, uint64_t key);

/// Their pictures and captions as tensors.
PairTensors to_tensors(const assay::data::CaptionPairs& pairs, at::Device device);

/// The T-MARS score of each pair (N,): the cosine of its caption and its picture whose text is
/// masked (Maini et al. 2024, section 3).
std::vector<double> tmars_scores(ClipTrainer& scorer, const assay::data::CaptionPairs& pairs,
                                 at::Device device);

/// Of each replicate, its pairs from the highest score to the lowest, ties by lower number: (M,),
/// numbers below M. The first N of a replicate are its best pool.
std::vector<int64_t> ranked(const std::vector<double>& scores, const TrialPlan& plan);

}  // namespace qqt
