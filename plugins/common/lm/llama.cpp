// Llama (Touvron et al. 2023), and what has its form: SmolLM2, Mistral (a sliding window), Qwen2
// (biases on q, k and v).
//   N rows, C width, H heads, G heads of keys and values, D dimensions of a head, F feed-forward
#include "plugins/common/lm/architectures.hpp"

#include <cmath>

namespace assay::lm {
namespace {

class Llama final : public Model {
 public:
  Llama(const Config& c, Source& source) : Model(c) {
    const Scope root(source, parameters_), model = root / "model";
    embedding_ = model.embedding("embed_tokens", c.vocabulary, c.width);
    for (int64_t l = 0; l < c.layers; ++l) {
      const auto at = model / "layers" / l, attention = at / "self_attn", mlp = at / "mlp";
      layers_.push_back({
          .q = attention.linear("q_proj", c.width, c.heads * c.head_dim, c.attention_bias),
          .k = attention.linear("k_proj", c.width, c.kv_heads * c.head_dim, c.attention_bias),
          .v = attention.linear("v_proj", c.width, c.kv_heads * c.head_dim, c.attention_bias),
          .o = attention.linear("o_proj", c.heads * c.head_dim, c.width,
                                c.attention_bias && c.architecture == "llama"),
          .gate = mlp.linear("gate_proj", c.width, c.ffn, c.mlp_bias),
          .up = mlp.linear("up_proj", c.width, c.ffn, c.mlp_bias),
          .down = mlp.linear("down_proj", c.ffn, c.width, c.mlp_bias),
          .before_attention = at.rms_norm("input_layernorm", c.width, c.norm_eps),
          .before_mlp = at.rms_norm("post_attention_layernorm", c.width, c.norm_eps),
      });
    }
    norm_ = model.rms_norm("norm", c.width, c.norm_eps);
    head_ = root.head("lm_head", c.width, c.vocabulary, c.tied ? embedding_ : at::Tensor());
  }

 private:
  at::Tensor embed(Pass& pass) const override {
    pass.turns = turns(config_.rope, pass.rows.positions);
    return looked_up(pass.rows);  // (N, C)
  }

  at::Tensor layer(int64_t l, const at::Tensor& x, Pass& pass) const override {
    const auto& c = config_;
    const auto& p = layers_[static_cast<size_t>(l)];
    const int64_t D = c.head_dim;

    const auto h = p.before_attention(x);
    const auto q = rotate(p.q(h).view({-1, c.heads, D}), pass.turns);     // (N, H, D)
    const auto k = rotate(p.k(h).view({-1, c.kv_heads, D}), pass.turns);  // (N, G, D)
    const auto v = p.v(h).view({-1, c.kv_heads, D});                      // (N, G, D)
    const AttentionSpec spec{.scale = 1 / std::sqrt(static_cast<double>(D)),
                             .window = c.window_at(l)};
    const auto y = x + p.o(pass.attention.attend(l, q, k, v, spec));  // (N, H D) -> (N, C)

    const auto m = p.before_mlp(y);
    return y + p.down(activate(c.activation, p.gate(m)) * p.up(m));  // (N, F) -> (N, C)
  }

  at::Tensor finish(const at::Tensor& x) const override { return norm_(x); }

  struct Layer {
    Linear q, k, v, o, gate, up, down;
    Norm before_attention, before_mlp;
  };
  std::vector<Layer> layers_;
  Norm norm_;
};

}  // namespace

std::unique_ptr<Model> make_llama(const Config& config, Source& source) {
  return std::make_unique<Llama>(config, source);
}

}  // namespace assay::lm
