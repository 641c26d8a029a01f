// GPT-NeoX (Black et al. 2022) and Pythia: attention and feed-forward read the same stream through
// norms of their own, part of each head turns, and queries, keys and values lie head by head.
//   N rows, C width, H heads, D dimensions of a head, F feed-forward
#include "plugins/common/lm/architectures.hpp"

#include <cmath>

namespace assay::lm {
namespace {

class GptNeoX final : public Model {
 public:
  GptNeoX(const Config& c, Source& source) : Model(c) {
    const Scope root(source, parameters_), model = root / "gpt_neox";
    embedding_ = model.embedding("embed_in", c.vocabulary, c.width);
    for (int64_t l = 0; l < c.layers; ++l) {
      const auto at = model / "layers" / l, attention = at / "attention", mlp = at / "mlp";
      layers_.push_back({
          .before_attention = at.layer_norm("input_layernorm", c.width, c.norm_eps),
          .before_mlp = at.layer_norm("post_attention_layernorm", c.width, c.norm_eps),
          .qkv = attention.linear("query_key_value", c.width, 3 * c.width, c.attention_bias),
          .o = attention.linear("dense", c.width, c.width, c.attention_bias),
          .up = mlp.linear("dense_h_to_4h", c.width, c.ffn, true),
          .down = mlp.linear("dense_4h_to_h", c.ffn, c.width, true),
      });
    }
    norm_ = model.layer_norm("final_layer_norm", c.width, c.norm_eps);
    const bool renamed = root.has("lm_head.weight") && !root.has("embed_out.weight");
    head_ = root.head(renamed ? "lm_head" : "embed_out", c.width, c.vocabulary,
                      c.tied ? embedding_ : at::Tensor());
  }

 private:
  at::Tensor embed(Pass& pass) const override {
    pass.turns = turns(config_.rope, pass.rows.positions);
    return looked_up(pass.rows);  // (N, C)
  }

  at::Tensor layer(int64_t l, const at::Tensor& x, Pass& pass) const override {
    const auto& c = config_;
    const auto& p = layers_[static_cast<size_t>(l)];

    const auto qkv = p.qkv(p.before_attention(x)).view({-1, c.heads, 3, c.head_dim});
    const auto q = rotate(qkv.select(2, 0), pass.turns);  // (N, H, D)
    const auto k = rotate(qkv.select(2, 1), pass.turns);  // (N, H, D)
    const auto v = qkv.select(2, 2);                      // (N, H, D)
    const AttentionSpec spec{.scale = 1 / std::sqrt(static_cast<double>(c.head_dim))};
    const auto y = x + p.o(pass.attention.attend(l, q, k, v, spec));  // (N, H D) -> (N, C)

    const auto m = p.before_mlp(c.parallel_residual ? x : y);
    return y + p.down(activate(c.activation, p.up(m)));  // (N, F) -> (N, C)
  }

  at::Tensor finish(const at::Tensor& x) const override { return norm_(x); }

  struct Layer {
    Norm before_attention, before_mlp;
    Linear qkv, o, up, down;
  };
  std::vector<Layer> layers_;
  Norm norm_;
};

}  // namespace

std::unique_ptr<Model> make_gpt_neox(const Config& config, Source& source) {
  return std::make_unique<GptNeoX>(config, source);
}

}  // namespace assay::lm
