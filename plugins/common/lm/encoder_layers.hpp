// What BERT and RoBERTa are made of: the sum of three embeddings, layers that normalise after each
// residual sum, and what their masked heads do before the product with the embedding.
//   N rows, C width, H heads, D dimensions of a head, F feed-forward
#pragma once
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

/// norm(words + positions + types), under "embeddings".
class SummedEmbeddings {
 public:
  SummedEmbeddings() = default;
  /// `positions` rows in the table of positions.
  SummedEmbeddings(const Scope& at, const Config& config, int64_t positions);

  /// Words (N, C), positions (N,), types (N,) or undefined: all 0 -> (N, C). A position or a type
  /// that has no row is std::invalid_argument.
  at::Tensor operator()(const at::Tensor& words, const at::Tensor& positions,
                        const at::Tensor& types) const;
  /// What ids are looked up in, (V, C).
  const at::Tensor& words() const { return words_; }

 private:
  at::Tensor words_, positions_, types_;
  Norm norm_;
};

/// Attention to every row of the same sequence, then two linear layers; the norm follows each
/// residual sum. Under "encoder.layer.INDEX".
class PostNormLayer {
 public:
  PostNormLayer(const Scope& at, const Config& config);

  /// (N, C) -> (N, C)
  at::Tensor operator()(int64_t index, const at::Tensor& x, Pass& pass, const Config& config) const;

 private:
  Linear q_, k_, v_, o_, up_, down_;
  Norm after_attention_, after_mlp_;
};

/// dense -> activation -> norm, before the decoder of a masked head.
struct MaskedTransform {
  Linear dense;
  Norm norm;

  /// (M, C) -> (M, C)
  at::Tensor operator()(const at::Tensor& x, const std::string& activation) const {
    return norm(activate(activation, dense(x)));
  }
};

}  // namespace assay::lm
