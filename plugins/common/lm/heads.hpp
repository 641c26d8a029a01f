// What is read from the final hidden states of a model: logits at chosen rows, a pooled vector of
// each sequence, classes.
//   N rows, C width, B sequences, M chosen rows, K columns or classes
#pragma once
#include "plugins/common/lm/dropout.hpp"
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

/// The first row of each sequence, (B,).
at::Tensor first_rows(const Rows& rows);
/// The rows whose token is `id`, in order: for instance those of the mask.
at::Tensor rows_of_token(const Rows& rows, int64_t id);

/// Hidden (N, C), rows (M,) -> (M, V). Rows are gathered before the head, which costs nothing at
/// the others.
at::Tensor logits_at(const Model& model, const at::Tensor& hidden, const at::Tensor& rows);
/// The same at columns (K,) alone -> (M, K).
at::Tensor logits_at(const Model& model, const at::Tensor& hidden, const at::Tensor& rows,
                     const at::Tensor& columns);

/// tanh(pooler(first tokens)), (B, C). A model without a pooler is std::invalid_argument.
at::Tensor pooled(const Model& model, const at::Tensor& first);
/// The mean of each sequence's rows, (B, C).
at::Tensor mean_pooled(const at::Tensor& hidden, const std::vector<int64_t>& lengths);
/// Rows of Euclidean length 1; a row shorter than 1e-12 is divided by 1e-12.
at::Tensor normalised(const at::Tensor& x);

/// How first tokens h become classes; d is dropout.
enum class ClassifierForm {
  dense,    // out_proj(d(tanh(dense(d(h))))): RoBERTa
  pooler,   // out(d(tanh(pooler(h)))), with the model's own pooler: BERT
  project,  // out(d(tanh(h)))
};

class Classifier {
 public:
  /// Under "classifier", as published. The form `pooler` needs a model that has one.
  Classifier(ClassifierForm form, const Model& model, int64_t classes, Source& source);

  /// First tokens (B, C) -> (B, K)
  at::Tensor operator()(const at::Tensor& first, Dropout* dropout = nullptr) const;

  /// Its own, by published names: the pooler's are the model's.
  const std::vector<std::pair<std::string, at::Tensor>>& parameters() const {
    return parameters_.list;
  }

 private:
  ClassifierForm form_;
  Parameters parameters_;
  Linear dense_, out_;  // dense_ is empty if `project`
};

}  // namespace assay::lm
