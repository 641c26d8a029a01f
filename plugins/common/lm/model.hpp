// A language model: embed, layers, final norm, head. One file an architecture, in the order of its
// forward pass; one forward pass for training, scoring and generation.
//   N rows, C width, V rows of the embedding
#pragma once
#include "plugins/common/lm/attention.hpp"
#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/parameters.hpp"
#include "plugins/common/lm/rope.hpp"

#include <memory>
#include <string>
#include <vector>

namespace assay::lm {

/// The tokens of some sequences, one sequence after another.
struct Rows {
  at::Tensor ids;                // (N,), int64; undefined if `embeddings` are given
  at::Tensor positions;          // (N,), int64: of each token in its sequence, from 0
  at::Tensor embeddings;         // (N, C): in place of looking up ids
  at::Tensor types;              // (N,), int64: token types; undefined: all 0
  std::vector<int64_t> lengths;  // of the sequences; their sum is N

  int64_t size() const { return positions.size(0); }
};

/// Whole sequences of ids, each beginning at position 0.
Rows rows_of(const std::vector<std::vector<int64_t>>& sequences, at::Device device = at::kCPU);

/// One forward pass: what its layers share.
struct Pass {
  const Rows& rows;
  Attention& attention;
  Turns turns;  // filled by `embed` of models that turn
};

class Model {
 public:
  explicit Model(Config config) : config_(std::move(config)) {}
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const Config& config() const { return config_; }
  /// Published names, in forward order; those that are tied appear once.
  const std::vector<std::pair<std::string, at::Tensor>>& parameters() const {
    return parameters_.list;
  }
  const std::vector<Linear>& linears() const { return parameters_.linears; }

  /// Undefines that tensor in `parameters()`: something else has taken its place.
  void let_go(const at::Tensor& parameter);

  /// Rows -> (N, C) after the final norm.
  at::Tensor hidden(const Rows& rows, Attention& attention) const;
  /// Rows -> (N, C) after `layers` layers, from 0 (the embeddings); of all layers, before the final
  /// norm. Another count is std::invalid_argument.
  at::Tensor hidden_at(int64_t layers, const Rows& rows, Attention& attention) const;
  /// (M, C) -> (M, V): what the head makes of final hidden states. A model without a head (an
  /// encoder alone) is std::invalid_argument.
  at::Tensor logits(const at::Tensor& hidden) const;
  /// (M, C) -> (M, count): the logits of ids first .. first + count - 1.
  at::Tensor logits(const at::Tensor& hidden, int64_t first, int64_t count) const;
  /// (M, C), columns (K,), int64 -> (M, K): those columns of the logits alone.
  at::Tensor logits(const at::Tensor& hidden, const at::Tensor& columns) const;

  /// (M, C) -> (M, C): final hidden states as the head takes them: logits are `head()` of this.
  at::Tensor before_head(const at::Tensor& hidden) const { return transform(hidden); }

  /// The rows that ids are looked up in, (V, C).
  const at::Tensor& embedding() const { return embedding_; }
  /// (M, C) -> (M, V), after what a masked head does first.
  const Linear& head() const { return head_; }
  /// (B, C) -> (B, C), before its tanh: what BERT makes of first tokens. Empty if there is none.
  const Linear& pooler() const { return pooler_; }

 protected:
  /// (N, C): embeddings, with positions where the model adds them; fills the pass.
  virtual at::Tensor embed(Pass& pass) const = 0;
  virtual at::Tensor layer(int64_t index, const at::Tensor& x, Pass& pass) const = 0;
  virtual at::Tensor finish(const at::Tensor& x) const = 0;
  /// (M, C) -> (M, C): what a masked head does before its product with the embedding.
  virtual at::Tensor transform(const at::Tensor& hidden) const { return hidden; }

  /// ids -> (N, C), or the given embeddings. An id outside the embedding is std::invalid_argument.
  at::Tensor looked_up(const Rows& rows) const;

  Config config_;
  Parameters parameters_;
  at::Tensor embedding_;
  Linear head_;    // (V, C); its weight is the embedding if tied; empty if there is none
  Linear pooler_;  // (C, C); empty if there is none

 private:
  const Linear& present_head() const;
};

/// All parameters on another device. A packed model is std::invalid_argument but for the CPU, where
/// it is.
void move(const Model& model, at::Device device);

/// A model of that architecture with the parameters that `source` has.
std::unique_ptr<Model> make_model(const Config& config, Source& source);

}  // namespace assay::lm
