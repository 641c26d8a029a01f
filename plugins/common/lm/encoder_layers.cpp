#include "plugins/common/lm/encoder_layers.hpp"

#include <cmath>

namespace assay::lm {

SummedEmbeddings::SummedEmbeddings(const Scope& at, const Config& c, int64_t positions)
    : words_(at.embedding("word_embeddings", c.vocabulary, c.width)),
      positions_(at.embedding("position_embeddings", positions, c.width)),
      types_(at.embedding("token_type_embeddings", c.token_types, c.width)),
      norm_(at.layer_norm("LayerNorm", c.width, c.norm_eps)) {}

at::Tensor SummedEmbeddings::operator()(const at::Tensor& words, const at::Tensor& positions,
                                        const at::Tensor& types) const {
  const auto of_types = types.defined() ? rows_at(types_, types, "token type")
                                        : types_.narrow(0, 0, 1);  // (N or 1, C)
  return norm_(words + of_types + rows_at(positions_, positions, "position"));
}

PostNormLayer::PostNormLayer(const Scope& at, const Config& c) {
  const auto attention = at / "attention", self = attention / "self", output = attention / "output";
  q_ = self.linear("query", c.width, c.width, true);
  k_ = self.linear("key", c.width, c.width, true);
  v_ = self.linear("value", c.width, c.width, true);
  o_ = output.linear("dense", c.width, c.width, true);
  after_attention_ = output.layer_norm("LayerNorm", c.width, c.norm_eps);
  up_ = (at / "intermediate").linear("dense", c.width, c.ffn, true);
  down_ = (at / "output").linear("dense", c.ffn, c.width, true);
  after_mlp_ = (at / "output").layer_norm("LayerNorm", c.width, c.norm_eps);
}

at::Tensor PostNormLayer::operator()(int64_t index, const at::Tensor& x, Pass& pass,
                                     const Config& c) const {
  const int64_t D = c.width / c.heads;
  const auto heads = [&](const at::Tensor& y) { return y.view({-1, c.heads, D}); };  // (N, H, D)
  const AttentionSpec spec{.scale = 1 / std::sqrt(static_cast<double>(D)), .causal = false};
  const auto seen = pass.attention.attend(index, heads(q_(x)), heads(k_(x)), heads(v_(x)), spec);
  const auto y = after_attention_(x + o_(seen));                 // (N, C)
  return after_mlp_(y + down_(activate(c.activation, up_(y))));  // (N, F) -> (N, C)
}

}  // namespace assay::lm
