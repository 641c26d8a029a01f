#include "plugins/common/lm/attention.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

namespace {

/// Attention by its definition, in float64: (T, H, D), (T, G, D) -> (T, H D).
at::Tensor by_definition(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         const AttentionSpec& spec) {
  const int64_t T = q.size(0), H = q.size(1), G = k.size(1);
  auto out = at::zeros({T, H, q.size(2)}, at::kDouble);
  for (int64_t h = 0; h < H; ++h)
    for (int64_t t = 0; t < T; ++t) {
      const int64_t g = h / (H / G);
      const int64_t first = spec.window ? std::max<int64_t>(0, t - spec.window + 1) : 0;
      const int64_t end = spec.causal ? t + 1 : spec.window > 0 ? std::min(T, t + spec.window) : T;
      const auto keys = k.select(1, g).slice(0, first, end).to(at::kDouble);
      const auto values = v.select(1, g).slice(0, first, end).to(at::kDouble);
      const auto p = at::softmax(keys.mv(q[t][h].to(at::kDouble)) * spec.scale, 0);
      out[t][h] = values.t().mv(p);
    }
  return out.flatten(1);
}

double error_of(const std::vector<int64_t>& lengths, const AttentionSpec& spec) {
  at::manual_seed(3);
  int64_t N = 0;
  for (const auto length : lengths) N += length;
  const auto q = at::randn({N, 6, 8}), k = at::randn({N, 2, 8}), v = at::randn({N, 2, 8});
  const auto out = Sequences(lengths).attend(0, q, k, v, spec);
  double error = 0;
  int64_t first = 0;
  for (const auto length : lengths) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(0, first, length); };
    const auto expected = by_definition(part(q), part(k), part(v), spec);
    error = std::max(error, (part(out) - expected).abs().max().item<double>());
    first += length;
  }
  return error;
}

}  // namespace

TEST_CASE("attention is what its definition says, whatever the lengths") {
  for (const auto& lengths : std::vector<std::vector<int64_t>>{{1}, {7, 7, 7}, {3, 3, 9, 1, 9, 9}})
    for (const int64_t window : {0, 1, 3, 20})
      for (const bool causal : {true, false}) {
        CAPTURE(lengths.size());
        CAPTURE(window);
        CAPTURE(causal);
        CHECK(error_of(lengths, {.scale = 0.35, .causal = causal, .window = window}) < 2e-6);
      }
}

TEST_CASE("no rows attend to nothing") {
  const auto empty = at::zeros({0, 4, 8});
  CHECK(Sequences({}).attend(0, empty, empty, empty, {}).sizes() == at::IntArrayRef{0, 32});
}
