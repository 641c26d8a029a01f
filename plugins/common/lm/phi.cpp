// Phi-1.5 (Li et al. 2023): attention and feed-forward read the same stream through one norm, half
// of each head turns, and every product has a bias, the head's included.
//   N rows, C width, H heads, G heads of keys and values, D dimensions of a head, F feed-forward
#include "plugins/common/lm/architectures.hpp"

#include <cmath>

namespace assay::lm {
namespace {

class Phi final : public Model {
 public:
  Phi(const Config& c, Source& source) : Model(c) {
    const Scope root(source, parameters_), model = root / "model";
    embedding_ = model.embedding("embed_tokens", c.vocabulary, c.width);
    for (int64_t l = 0; l < c.layers; ++l) {
      const auto at = model / "layers" / l, attention = at / "self_attn", mlp = at / "mlp";
      layers_.push_back({
          .norm = at.layer_norm("input_layernorm", c.width, c.norm_eps),
          .q = attention.linear("q_proj", c.width, c.heads * c.head_dim, true),
          .k = attention.linear("k_proj", c.width, c.kv_heads * c.head_dim, true),
          .v = attention.linear("v_proj", c.width, c.kv_heads * c.head_dim, true),
          .o = attention.linear("dense", c.heads * c.head_dim, c.width, true),
          .up = mlp.linear("fc1", c.width, c.ffn, true),
          .down = mlp.linear("fc2", c.ffn, c.width, true),
      });
    }
    norm_ = model.layer_norm("final_layernorm", c.width, c.norm_eps);
    head_ = root.head("lm_head", c.width, c.vocabulary, c.tied ? embedding_ : at::Tensor(), true);
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

    const auto h = p.norm(x);
    const auto q = rotate(p.q(h).view({-1, c.heads, D}), pass.turns);     // (N, H, D)
    const auto k = rotate(p.k(h).view({-1, c.kv_heads, D}), pass.turns);  // (N, G, D)
    const auto v = p.v(h).view({-1, c.kv_heads, D});                      // (N, G, D)
    const AttentionSpec spec{.scale = 1 / std::sqrt(static_cast<double>(D))};
    const auto y = x + p.o(pass.attention.attend(l, q, k, v, spec));  // (N, H D) -> (N, C)
    return y + p.down(activate(c.activation, p.up(h)));               // (N, F) -> (N, C)
  }

  at::Tensor finish(const at::Tensor& x) const override { return norm_(x); }

  struct Layer {
    Norm norm;
    Linear q, k, v, o, up, down;
  };
  std::vector<Layer> layers_;
  Norm norm_;
};

}  // namespace

std::unique_ptr<Model> make_phi(const Config& config, Source& source) {
  return std::make_unique<Phi>(config, source);
}

}  // namespace assay::lm
