// What a frozen model thinks of training examples, computed once.
#pragma once
#include "plugins/common/lm/training_batch.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace assay::lm {

/// ln p of each label of each example under `model`, float64, without gradients: examples go
/// through the model by length, at most `rows` rows at once. `go_on` is asked between batches;
/// where it says no, the examples that are left have no numbers.
std::vector<std::vector<double>> label_log_probs(
    const Model& model, std::span<const TrainingExample> examples, int64_t rows = 4096,
    const std::function<bool(int64_t done)>& go_on = {});

/// The log-probabilities of examples under a frozen model, each computed when it is first asked.
class Reference {
 public:
  /// Both outlive the reference; the model's parameters do not change.
  Reference(const Model& model, std::span<const TrainingExample> examples, int64_t rows = 4096)
      : model_(model), examples_(examples), rows_(rows), known_(examples.size()) {}

  /// ln p of the labels of the examples at `index`, one after another, (M,), float64: as the
  /// labels of their batch lie, on the model's device.
  at::Tensor labels(std::span<const int64_t> index);
  /// Their sums by example, (B,), float64, likewise.
  at::Tensor sums(std::span<const int64_t> index);
  int64_t computed() const { return computed_; }  // examples that went through the model

 private:
  void need(std::span<const int64_t> index);

  const Model& model_;
  std::span<const TrainingExample> examples_;
  int64_t rows_, computed_ = 0;
  std::vector<std::vector<double>> known_;  // empty: not yet
};

/// Losses of labels (M,) summed by example: (B,).
at::Tensor by_example(const TrainingBatch& batch, const at::Tensor& losses);

}  // namespace assay::lm
