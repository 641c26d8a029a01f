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
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (size_t i = 0, next; i < lengths_.size(); i = next) {
    next = i + 1;
    while (next < lengths_.size() && lengths_[next] == lengths_[i]) ++next;
    const int64_t T = lengths_[i], rows = T * static_cast<int64_t>(next - i);
    if (rows == 0) continue;
    const auto run = [&](const at::Tensor& x) { return by_head(x.narrow(0, first, rows), T); };
    const bool windowed = spec.window > 0 && spec.window < T;
    parts.push_back(at::scaled_dot_product_attention(
                        run(q), run(k), run(v),
                        windowed ? std::optional(mask(T, spec, q)) : std::nullopt, 0,
                        spec.causal && !windowed, spec.scale, q.size(1) != k.size(1))
                        .transpose(1, 2)
                        .reshape({rows, -1}));  // (B, H, T, D) -> (B T, H D)
    first += rows;
  }
  if (parts.empty()) return q.flatten(1);
  return parts.size() == 1 ? parts.front() : at::cat(parts);  // (N, H * D)
}

}  // namespace assay::lm
