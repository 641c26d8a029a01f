#include "plugins/common/lm/attention.hpp"

namespace assay::lm {
namespace {

/// Rows of one sequence (T, H, D) and (T, G, D) -> (T, H * D).
at::Tensor within(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const AttentionSpec& spec) {
  const int64_t T = q.size(0), H = q.size(1), G = k.size(1);
  const auto heads = [&](const at::Tensor& x) {
    auto y = x.transpose(0, 1).unsqueeze(0);  // (1, heads, T, D)
    return y.size(1) == H ? y : y.repeat_interleave(H / G, 1);
  };
  const bool windowed = spec.window > 0 && spec.window < T;
  at::Tensor sees;
  if (windowed) {
    sees = at::ones({T, T}, q.options().dtype(at::kBool)).triu(1 - spec.window);
    sees = spec.causal ? sees.tril() : sees.tril(spec.window - 1);
  }
  return at::scaled_dot_product_attention(heads(q), heads(k), heads(v),
                                          windowed ? std::optional(sees) : std::nullopt, 0,
                                          spec.causal && !windowed, spec.scale)
      .squeeze(0)
      .transpose(0, 1)
      .reshape({T, -1});
}

}  // namespace

at::Tensor Sequences::attend(int64_t, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const AttentionSpec& spec) {
  if (lengths_.size() == 1) return within(q, k, v, spec);
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const int64_t length : lengths_) {
    parts.push_back(within(q.narrow(0, first, length), k.narrow(0, first, length),
                           v.narrow(0, first, length), spec));
    first += length;
  }
  return at::cat(parts);  // (N, H * D)
}

}  // namespace assay::lm
