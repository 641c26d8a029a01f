// GPT-2 (Radford et al. 2019): learned positions, one product for queries, keys and values, weights
// stored (in, out).
//   N rows, C width, H heads, D dimensions of a head, F feed-forward
#include "plugins/common/lm/architectures.hpp"

#include <cmath>

namespace assay::lm {
namespace {

class Gpt2 final : public Model {
 public:
  Gpt2(const Config& c, Source& source) : Model(c) {
    const Scope root(source, parameters_), prefixed = root / "transformer";
    const auto model = root.has("wte.weight") && !prefixed.has("wte.weight") ? root : prefixed;
    embedding_ = model.embedding("wte", c.vocabulary, c.width);
    positions_ = model.embedding("wpe", c.context, c.width);
    for (int64_t l = 0; l < c.layers; ++l) {
      const auto at = model / "h" / l, attention = at / "attn", mlp = at / "mlp";
      layers_.push_back({
          .before_attention = at.layer_norm("ln_1", c.width, c.norm_eps),
          .qkv = attention.conv1d("c_attn", c.width, 3 * c.width),
          .o = attention.conv1d("c_proj", c.width, c.width),
          .before_mlp = at.layer_norm("ln_2", c.width, c.norm_eps),
          .up = mlp.conv1d("c_fc", c.width, c.ffn),
          .down = mlp.conv1d("c_proj", c.ffn, c.width),
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

    const auto qkv = p.qkv(p.before_attention(x)).view({-1, 3, c.heads, c.head_dim}).unbind(1);
    const auto &q = qkv[0], &k = qkv[1], &v = qkv[2];  // (N, H, D)
    const AttentionSpec spec{.scale = 1 / std::sqrt(static_cast<double>(c.head_dim))};
    const auto y = x + p.o(pass.attention.attend(l, q, k, v, spec));  // (N, H D) -> (N, C)

    const auto m = p.before_mlp(y);
    return y + p.down(activate(c.activation, p.up(m)));  // (N, F) -> (N, C)
  }

  at::Tensor finish(const at::Tensor& x) const override { return norm_(x); }

  struct Layer {
    Norm before_attention;
    Linear qkv, o;
    Norm before_mlp;
    Linear up, down;
  };
  at::Tensor positions_;  // (context, C)
  std::vector<Layer> layers_;
  Norm norm_;
};

}  // namespace

std::unique_ptr<Model> make_gpt2(const Config& config, Source& source) {
  return std::make_unique<Gpt2>(config, source);
}

}  // namespace assay::lm
