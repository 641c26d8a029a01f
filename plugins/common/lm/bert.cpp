// BERT (Devlin et al. 2018): bidirectional, learned positions, token types; with a pooler and a
// masked head where the weights have them. Published names come with and without "bert.", and with
// "gamma" and "beta" for a norm's "weight" and "bias".
#include "plugins/common/lm/architectures.hpp"
#include "plugins/common/lm/encoder_layers.hpp"

namespace assay::lm {
namespace {

/// A source by today's names, whichever of the two the weights use.
class NormNames final : public Source {
 public:
  explicit NormNames(Source& source) : source_(source) {}

  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) override {
    return source_.get(source_.has(name) ? name : first_name(name), shape, init);
  }
  bool has(const std::string& name) const override {
    return source_.has(name) || source_.has(first_name(name));
  }

 private:
  static std::string first_name(const std::string& name) {
    for (const auto& [now, first] : {std::pair<std::string, std::string>{"weight", "gamma"},
                                     std::pair<std::string, std::string>{"bias", "beta"}})
      if (name.ends_with("LayerNorm." + now))
        return name.substr(0, name.size() - now.size()) + first;
    return name;
  }

  Source& source_;
};

class Bert final : public Model {
 public:
  Bert(const Config& c, Source& published) : Model(c) {
    NormNames source(published);
    const Scope root(source, parameters_);
    const bool bare = source.has("embeddings.word_embeddings.weight") &&
                      !source.has("bert.embeddings.word_embeddings.weight");
    const auto bert = bare ? root : root / "bert";
    embeddings_ = SummedEmbeddings(bert / "embeddings", c, c.context);
    embedding_ = embeddings_.words();
    for (int64_t l = 0; l < c.layers; ++l) layers_.emplace_back(bert / "encoder" / "layer" / l, c);
    if (bert.has("pooler.dense.weight"))
      pooler_ = (bert / "pooler").linear("dense", c.width, c.width, true);
    const auto predictions = root / "cls" / "predictions", transform = predictions / "transform";
    if (!transform.has("dense.weight")) return;
    transform_ = {transform.linear("dense", c.width, c.width, true),
                  transform.layer_norm("LayerNorm", c.width, c.norm_eps)};
    head_ = Linear(
        {.name = "cls.predictions.decoder",
         .weight = c.tied ? embedding_ : predictions.embedding("decoder", c.vocabulary, c.width),
         .bias = predictions.tensor("bias", {c.vocabulary}, Init::zeros),
         .in = c.width,
         .out = c.vocabulary});
  }

 private:
  at::Tensor embed(Pass& pass) const override {
    return embeddings_(looked_up(pass.rows), pass.rows.positions, pass.rows.types);  // (N, C)
  }
  at::Tensor layer(int64_t l, const at::Tensor& x, Pass& pass) const override {
    return layers_[static_cast<size_t>(l)](l, x, pass, config_);
  }
  at::Tensor finish(const at::Tensor& x) const override { return x; }
  at::Tensor transform(const at::Tensor& hidden) const override {
    return transform_(hidden, config_.activation);
  }

  SummedEmbeddings embeddings_;
  std::vector<PostNormLayer> layers_;
  MaskedTransform transform_;
};

}  // namespace

std::unique_ptr<Model> make_bert(const Config& config, Source& source) {
  return std::make_unique<Bert>(config, source);
}

}  // namespace assay::lm
