#include "plugins/common/lm/attention_kernel.hpp"
#include "plugins/common/lm/cached_attention.hpp"

#include <ATen/Parallel.h>

namespace assay::lm {

at::Tensor attend_last(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                       const AttentionSpec& spec) {
  const int64_t T = q.size(0), H = q.size(1), S = k.size(0), G = k.size(1);
  const auto heads = [&](const at::Tensor& x) {
    const auto y = x.transpose(0, 1).unsqueeze(0);  // (1, heads, tokens, D)
    return y.size(1) == H ? y : y.repeat_interleave(H / G, 1);
  };
  const auto on = q.options().dtype(at::kLong);
  const auto distance = at::arange(S - T, S, on).unsqueeze(1) - at::arange(S, on);  // (T, S)
  auto sees = spec.causal ? distance >= 0 : at::ones_like(distance, at::kBool);
  if (spec.window > 0) sees = sees & (distance < spec.window);
  return at::scaled_dot_product_attention(heads(q), heads(k), heads(v), sees, 0, false, spec.scale)
      .squeeze(0)
      .transpose(0, 1)
      .reshape({T, -1});
}

CachedAttention::CachedAttention(std::vector<KvCache*> caches, std::vector<int64_t> lengths)
    : caches_(std::move(caches)), lengths_(std::move(lengths)) {
  for (size_t i = 0; i < caches_.size(); ++i) caches_[i]->extend(lengths_[i]);
}

at::Tensor CachedAttention::attend(int64_t layer, const at::Tensor& q, const at::Tensor& k,
                                   const at::Tensor& v, const AttentionSpec& spec) {
  const int64_t N = q.size(0), H = q.size(1), D = q.size(2), G = k.size(1);
  if (!q.is_cpu() || q.scalar_type() != at::kFloat || !spec.causal) {
    std::vector<at::Tensor> parts;
    for (size_t i = 0, first = 0; i < caches_.size(); first += static_cast<size_t>(lengths_[i++])) {
      const auto own = [&](const at::Tensor& x) {
        return x.narrow(0, static_cast<int64_t>(first), lengths_[i]);
      };
      auto& cache = *caches_[i];
      cache.set(layer, own(k), own(v));
      parts.push_back(attend_last(own(q), cache.keys(layer, cache.size()),
                                  cache.values(layer, cache.size()), spec));
    }
    return at::cat(parts);  // (N, H * D)
  }

  const auto queries = q.contiguous(), keys = k.contiguous(), values = v.contiguous();
  const auto out = at::empty({N, H * D}, q.options());
  std::vector<AttentionTask> tasks;  // of each sequence and head of keys and values
  int64_t row = 0;
  for (size_t i = 0; i < caches_.size(); row += lengths_[i++])
    for (int64_t g = 0; g < G; ++g)
      tasks.push_back({.cache = caches_[i],
                       .layer = layer,
                       .group = g,
                       .first = caches_[i]->size() - lengths_[i],
                       .rows = lengths_[i],
                       .q = queries.const_data_ptr<float>() + (row * H + g * (H / G)) * D,
                       .k = keys.const_data_ptr<float>() + (row * G + g) * D,
                       .v = values.const_data_ptr<float>() + (row * G + g) * D,
                       .out = out.mutable_data_ptr<float>() + (row * H + g * (H / G)) * D});
  const AttentionShape shape{
      .heads = H, .groups = G, .dims = D, .scale = spec.scale, .window = spec.window};
  at::parallel_for(0, static_cast<int64_t>(tasks.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t t = from; t < to; ++t) attend_task(tasks[static_cast<size_t>(t)], shape);
  });
  return out;
}

at::Tensor AfterPrefix::attend(int64_t layer, const at::Tensor& q, const at::Tensor& k,
                               const at::Tensor& v, const AttentionSpec& spec) {
  const auto before = prefix_.keys(layer, prefix_.size()),
             seen = prefix_.values(layer, prefix_.size());
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const int64_t length : lengths_) {
    const auto own = [&](const at::Tensor& x) { return x.narrow(0, first, length); };
    parts.push_back(attend_last(own(q), at::cat({before, own(k)}), at::cat({seen, own(v)}), spec));
    first += length;
  }
  return at::cat(parts);  // (N, H * D)
}

}  // namespace assay::lm
