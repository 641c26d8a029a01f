// Attention between the rows of a batch. What a model asks for is the same in training and in
// generation; which keys a row sees is the business of who runs the model.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

namespace assay::lm {

struct AttentionSpec {
  double scale = 1;    // of the products of queries and keys
  bool causal = true;  // a row sees no later ones
  int64_t window = 0;  // rows that a row sees, itself included; 0: all
};

class Attention {
 public:
  virtual ~Attention() = default;
  /// Queries (N, H, D), keys and values (N, G, D), G a divisor of H -> (N, H * D).
  virtual at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k,
                            const at::Tensor& v, const AttentionSpec& spec) = 0;
};

/// Attention within each of some sequences that lie one after another; differentiable. Neighbours
/// of one length are computed at once: sort by length where there is a choice.
class Sequences final : public Attention {
 public:
  /// N is the sum of `lengths`.
  explicit Sequences(std::vector<int64_t> lengths) : lengths_(std::move(lengths)) {}
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const AttentionSpec& spec) override;

 private:
  const at::Tensor& mask(int64_t length, const AttentionSpec& spec, const at::Tensor& like);

  std::vector<int64_t> lengths_;
  std::map<std::tuple<int64_t, int64_t, bool>, at::Tensor> masks_;  // of length, window, causal
};

}  // namespace assay::lm
