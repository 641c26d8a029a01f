// GPT-Neo (Black et al. 2021): GPT-2 with unscaled attention, and a window in every other layer.
//   N rows, C width, H heads, D dimensions of a head, F feed-forward
#include "plugins/common/lm/architectures.hpp"

namespace assay::lm {
namespace {

class GptNeo final : public Model {
 public:
  GptNeo(const Config& c, Source& source) : Model(c) {
    const Scope root(source, parameters_), model = root / "transformer";
    embedding_ = model.embedding("wte", c.vocabulary, c.width);
    positions_ = model.embedding("wpe", c.context, c.width);
    for (int64_t l = 0; l < c.layers; ++l) {
      const auto at = model / "h" / l, attention = at / "attn" / "attention", mlp = at / "mlp";
      layers_.push_back({
          .before_attention = at.layer_norm("ln_1", c.width, c.norm_eps),
          .q = attention.linear("q_proj", c.width, c.width, false),
          .k = attention.linear("k_proj", c.width, c.width, false),
          .v = attention.linear("v_proj", c.width, c.width, false),
          .o = attention.linear("out_proj", c.width, c.width, true),
          .before_mlp = at.layer_norm("ln_2", c.width, c.norm_eps),
          .up = mlp.linear("c_fc", c.width, c.ffn, true),
          .down = mlp.linear("c_proj", c.ffn, c.width, true),
      });
    }
    norm_ = model.layer_norm("ln_f", c.width, c.norm_eps);
    head_ = root.head("lm_head", c.width, c.vocabulary, c.tied ? embedding_ : at::Tensor());
  }

 private:
  at::Tensor embed(Pass& pass) const override {
    return looked_up(pass.rows) + rows_at(positions_, pass.rows.positions, "position");  // (N, C)
  }

  at::Tensor layer(int64_t l, const at::Tensor& x, Pass& pass) const override {
    const auto& c = config_;
    const auto& p = layers_[static_cast<size_t>(l)];
    const auto heads = [&](const at::Tensor& y) { return y.view({-1, c.heads, c.head_dim}); };

    const auto h = p.before_attention(x);
    const auto q = heads(p.q(h)), k = heads(p.k(h)), v = heads(p.v(h));  // (N, H, D)
    const AttentionSpec spec{.scale = 1, .window = c.window_at(l)};
    const auto y = x + p.o(pass.attention.attend(l, q, k, v, spec));  // (N, H D) -> (N, C)

    const auto m = p.before_mlp(y);
    return y + p.down(activate(c.activation, p.up(m)));  // (N, F) -> (N, C)
  }

  at::Tensor finish(const at::Tensor& x) const override { return norm_(x); }

  struct Layer {
    Norm before_attention;
    Linear q, k, v, o;
    Norm before_mlp;
    Linear up, down;
  };
  at::Tensor positions_;  // (context, C)
  std::vector<Layer> layers_;
  Norm norm_;
};

}  // namespace

std::unique_ptr<Model> make_gpt_neo(const Config& config, Source& source) {
  return std::make_unique<GptNeo>(config, source);
}

}  // namespace assay::lm
