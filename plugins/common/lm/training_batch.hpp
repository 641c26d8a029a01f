// Examples that a language model is trained on, and the rows, targets and weights that a batch of
// them becomes.
#pragma once
#include "plugins/common/lm/model.hpp"
#include "plugins/common/text/tokenizer.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace assay::lm {

struct TrainingExample {
  std::vector<text::Id> ids;
  int64_t prompt = 0;             // the first `prompt` ids are read but not learnt
  std::vector<uint8_t> labelled;  // of each id, whether it is learnt; in place of `prompt`
  double weight = 1;

  /// Whether the id at `t` is a label. The first one is none, as nothing comes before it.
  bool is_label(size_t t) const {
    return t > 0 && (labelled.empty() ? static_cast<int64_t>(t) >= prompt : labelled[t] != 0);
  }
  int64_t labels() const;
};

/// The rows of B examples: all ids but the last of each.
struct TrainingBatch {
  Rows rows;                   // N
  at::Tensor at;               // (M,), int64: the rows that predict a label
  at::Tensor targets;          // (M,), int64: the labels
  at::Tensor example;          // (M,), int64: whose label it is, 0 .. B - 1
  std::vector<int64_t> count;  // (B,): labels of each example
  std::vector<double> weight;  // (B,)

  /// Rows of final hidden states (N, C) -> (M, C): those that predict a label.
  at::Tensor predicting(const at::Tensor& hidden) const;
};

/// std::invalid_argument for an example of fewer than two ids, or with flags for another number.
TrainingBatch training_batch(std::span<const TrainingExample> examples,
                             at::Device device = at::kCPU);

/// How losses become one: the mean over labels, each with the weight of its example, or the mean
/// over the examples of each one's mean. The sum of all labels' losses is `sum`.
enum class Reduction { labels, examples, sum };

/// The weight of each label's loss, (M,), float64. An example without labels counts for nothing.
at::Tensor label_weights(const TrainingBatch& batch, Reduction reduction);

/// Several batches as one, in their order: one forward pass for terms of a loss that differ in
/// their weights alone.
TrainingBatch join(std::span<const TrainingBatch> batches);

/// Groups of consecutive items of `order`, each of at most `rows` rows in all, or of one item that
/// is longer. With `sorted`, items go by length first (equal ones in their order), so that a group
/// is of like lengths. `lengths` are those of the items 0 .. n - 1.
std::vector<std::vector<int64_t>> by_rows(std::span<const int64_t> lengths,
                                          std::span<const int64_t> order, int64_t rows,
                                          bool sorted);

}  // namespace assay::lm
