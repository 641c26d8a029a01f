// RoBERTa (Liu et al. 2019): BERT with positions that begin after the padding id and pass over
// padding, and a masked head of its own; a pooler where the weights have one.
#include "plugins/common/lm/architectures.hpp"
#include "plugins/common/lm/encoder_layers.hpp"

namespace assay::lm {
namespace {

class Roberta final : public Model {
 public:
  Roberta(const Config& c, Source& source) : Model(c), pad_(c.pad_id < 0 ? 1 : c.pad_id) {
    const Scope root(source, parameters_);
    const bool bare = source.has("embeddings.word_embeddings.weight") &&
                      !source.has("roberta.embeddings.word_embeddings.weight");
    const auto roberta = bare ? root : root / "roberta";
    embeddings_ = SummedEmbeddings(roberta / "embeddings", c, c.context + pad_ + 1);
    embedding_ = embeddings_.words();
    for (int64_t l = 0; l < c.layers; ++l)
      layers_.emplace_back(roberta / "encoder" / "layer" / l, c);
    if (roberta.has("pooler.dense.weight"))
      pooler_ = (roberta / "pooler").linear("dense", c.width, c.width, true);
    const auto head = root / "lm_head";
    if (!head.has("dense.weight")) return;
    transform_ = {head.linear("dense", c.width, c.width, true),
                  head.layer_norm("layer_norm", c.width, c.norm_eps)};
    head_ =
        Linear({.name = "lm_head.decoder",
                .weight = c.tied ? embedding_ : head.embedding("decoder", c.vocabulary, c.width),
                .bias = head.tensor("bias", {c.vocabulary}, Init::zeros),
                .in = c.width,
                .out = c.vocabulary});
  }

 private:
  /// pad + the count of a sequence's tokens up to this one that are not padding; of padding, pad.
  /// Embeddings have no ids: all count.
  at::Tensor positions(const Rows& rows) const {
    if (rows.embeddings.defined()) return rows.positions + (pad_ + 1);
    const auto counts = rows.ids.ne(pad_);
    if (counts.all().item<bool>()) return rows.positions + (pad_ + 1);
    std::vector<at::Tensor> parts;
    for (const auto& one : counts.to(at::kLong).split_with_sizes(rows.lengths))
      parts.push_back(one.cumsum(0) * one + pad_);
    return at::cat(parts);  // (N,)
  }

  at::Tensor embed(Pass& pass) const override {
    return embeddings_(looked_up(pass.rows), positions(pass.rows), pass.rows.types);  // (N, C)
  }
  at::Tensor layer(int64_t l, const at::Tensor& x, Pass& pass) const override {
    return layers_[static_cast<size_t>(l)](l, x, pass, config_);
  }
  at::Tensor finish(const at::Tensor& x) const override { return x; }
  at::Tensor transform(const at::Tensor& hidden) const override {
    return transform_(hidden, "gelu");
  }

  int64_t pad_;
  SummedEmbeddings embeddings_;
  std::vector<PostNormLayer> layers_;
  MaskedTransform transform_;
};

}  // namespace

std::unique_ptr<Model> make_roberta(const Config& config, Source& source) {
  return std::make_unique<Roberta>(config, source);
}

}  // namespace assay::lm
