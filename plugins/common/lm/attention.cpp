#include "plugins/common/lm/attention.hpp"

#include <limits>

namespace assay::lm {
namespace {

/// Rows of B sequences of T tokens: (B T, heads, D) -> (B, heads, T, D).
at::Tensor by_head(const at::Tensor& x, int64_t T) {
  return x.unflatten(0, {-1, T}).transpose(1, 2);
}

}  // namespace

/// (T, T), to be added to the products of queries and keys.
const at::Tensor& Sequences::mask(int64_t T, const AttentionSpec& spec, const at::Tensor& like) {
  auto& mask = masks_[{T, spec.window, spec.causal}];
  if (!mask.defined()) {
    auto sees = at::ones({T, T}, like.options().dtype(at::kBool)).triu(1 - spec.window);
    sees = spec.causal ? sees.tril() : sees.tril(spec.window - 1);
    mask = at::zeros({T, T}, like.options().requires_grad(false))
               .masked_fill_(sees.logical_not(), -std::numeric_limits<double>::infinity());
  }
  return mask;
}

at::Tensor Sequences::attend(int64_t, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             const AttentionSpec& spec) {
  // Find the runs of one length; split the rows once, so that the way back joins them once.
  std::vector<int64_t> each, rows;  // length and rows of each run
  for (const int64_t T : lengths_) {
    if (T == 0) continue;
    if (each.empty() || each.back() != T) each.push_back(T), rows.push_back(0);
    rows.back() += T;
  }
  if (each.empty()) return q.flatten(1);
  const auto split = [&](const at::Tensor& x) {
    return each.size() == 1 ? std::vector{x} : x.split_with_sizes(rows);
  };
  const auto qs = split(q), ks = split(k), vs = split(v);

  std::vector<at::Tensor> parts;
  for (size_t i = 0; i < each.size(); ++i) {
    const int64_t T = each[i];
    const bool windowed = spec.window > 0 && spec.window < T;
    parts.push_back(at::scaled_dot_product_attention(
                        by_head(qs[i], T), by_head(ks[i], T), by_head(vs[i], T),
                        windowed ? std::optional(mask(T, spec, q)) : std::nullopt, 0,
                        spec.causal && !windowed, spec.scale, q.size(1) != k.size(1))
                        .transpose(1, 2)
                        .reshape({rows[i], -1}));  // (B, H, T, D) -> (B T, H D)
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts);  // (N, H * D)
}

}  // namespace assay::lm
