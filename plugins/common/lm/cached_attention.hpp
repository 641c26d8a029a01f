// Attention of new rows to what a KV cache holds, and to themselves.
#pragma once
#include "plugins/common/lm/attention.hpp"
#include "plugins/common/lm/kv_cache.hpp"

#include <span>
#include <vector>

namespace assay::lm {

/// New tokens of some sequences, prompts' parts and single ones alike, each with its cache, which
/// grows by them: one pass of the model for each object. Without gradient.
class CachedAttention final : public Attention {
 public:
  /// `lengths[i]` rows of the batch belong to `caches[i]`; caches are distinct.
  CachedAttention(std::vector<KvCache*> caches, std::vector<int64_t> lengths);
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const AttentionSpec& spec) override;

 private:
  std::vector<KvCache*> caches_;
  std::vector<int64_t> lengths_;
};

/// Sequences that each go on after the same tokens, whose keys and values are constants: gradients
/// reach the rows after them (of GCG's candidates, say). The cache stays as it is.
class AfterPrefix final : public Attention {
 public:
  AfterPrefix(const KvCache& prefix, std::vector<int64_t> lengths)
      : prefix_(prefix), lengths_(std::move(lengths)) {}
  at::Tensor attend(int64_t layer, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const AttentionSpec& spec) override;

 private:
  const KvCache& prefix_;
  std::vector<int64_t> lengths_;
};

/// Rows (T, H, D) at positions S - T .. S - 1 of a sequence with keys and values (S, G, D)
/// -> (T, H * D), by LibTorch: on any device, differentiable.
at::Tensor attend_last(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                       const AttentionSpec& spec);

}  // namespace assay::lm
