// The search for minimal critical units (Maini et al. 2023, their released code): the few units of
// a network without which it forgets one example. What its two ways of computing share.
//   B examples of a batch, K draws of noise, T targets, U units of a layer, C classes
#pragma once
#include "plugins/common/train/learner.hpp"

#include <optional>
#include <string>
#include <vector>

namespace localization {

struct SearchOptions {
  bool all_params = false;      // every parameter counts as a layer; else layers of channels alone
  int64_t draws = 5;            // K
  double noise_ratio = 0.01;    // ||n|| / ||x|| of a batch
  bool mean_gradients = false;  // J averaged over the draws, instead of J of the averaged logits
  bool population_term = true;
  int64_t batch = 512;      // B
  int64_t max_units = 100;  // picked for a target before the search gives up
  bool layer_std = false;   // scores are divided by their layer's standard deviation
  double step = 0;          // > 0: a picked unit moves by -step dJ/dw instead of becoming 0
  uint64_t batch_key = 0, noise_key = 0;
};

/// A unit that was switched off, and by how much that lowered J to first order.
struct Pick {
  int64_t layer, unit;
  double score;
  bool operator==(const Pick&) const = default;
};

/// A target and how far its search got.
struct Target {
  int64_t example = 0;      // in the training set
  std::vector<Pick> picks;  // in their order
  bool done = false;
  bool flipped = false;    // the target is wrong now; done without it: stuck, or max_units picked
  int64_t predicted = -1;  // its class after the search
  bool operator==(const Target&) const = default;
};

/// What a target is searched with: B - 1 other examples, drawn once for each target, and K draws of
/// noise, new in each round. All is counted by (target, round, draw), so that it does not matter
/// which targets are searched together.
class TargetBatches {
 public:
  /// Borrows `data`. std::invalid_argument if it has fewer than B examples.
  TargetBatches(const assay::train::Examples& data, const SearchOptions& options);

  /// (B,): the target, then the others in ascending order.
  at::Tensor examples(int64_t target) const;
  /// (B,)
  at::Tensor labels(int64_t target) const;
  /// x + n, (K, B, channels, H, W): n ~ N(0, 1), scaled so that ||n|| = noise_ratio ||x|| over the
  /// batch. Without noise K is 1.
  at::Tensor noisy(int64_t target, int64_t round) const;

 private:
  const assay::train::Examples& data_;
  const SearchOptions& options_;
};

/// J of each target, (T,), from logits (T, K, B, C) and labels (T, B), with the target first in its
/// batch:
///   J = 1/B sum_{j != t} CE_j - CE_t,
/// low when the target is wrong and the others are right; without the population term -CE_t.
at::Tensor objective(const at::Tensor& logits, const at::Tensor& labels,
                     const SearchOptions& options);

/// The class of each target, (T,), after averaging its logits (T, K, C) over the draws.
at::Tensor prediction(const at::Tensor& logits);

/// The greatest score over all layers, (U,) each; equal ones: lowest layer, then lowest index.
/// Nothing if none is above 0. A layer whose scores are all equal has none after division by their
/// standard deviation. assay::Error(ASSAY_DIVERGED) if a score is not finite.
std::optional<Pick> best(const std::vector<at::Tensor>& scores, bool layer_std);

/// The layers of channels, by the name of their weight: convolutions by output channel and linear
/// layers by row, without the last, which makes the logits. std::invalid_argument if there is none.
std::vector<std::string> channel_layers(assay::nn::Classifier& net);

}  // namespace localization
