// Small models with every parameter away from its default, so that a term that is left out shows.
#pragma once
#include "plugins/common/lm/model.hpp"

namespace assay::lm::tiny {

/// One of each form of forward pass.
inline const std::vector<std::string> kArchitectures{"bert",  "gpt2", "gpt_neo", "gpt_neox",
                                                     "llama", "phi",  "qwen2",   "roberta"};

inline Config config(const std::string& architecture) {
  Config c{.architecture = architecture, .vocabulary = 50, .width = 16, .layers = 2, .heads = 4};
  c.kv_heads = 4;
  c.head_dim = 4;
  c.ffn = 24;
  c.context = 40;
  const bool gated =
      architecture == "llama" || architecture == "mistral" || architecture == "qwen2";
  c.activation = gated ? "silu" : "gelu";
  c.rope.dims = 4;
  c.attention_bias = architecture == "qwen2" || architecture == "gpt_neox";
  c.parallel_residual = architecture == "gpt_neox" || architecture == "phi";
  if (architecture == "gpt_neo") {
    c.window = 3;
    c.local = {false, true};
  }
  c.token_types = 2;
  c.pad_id = architecture == "roberta" ? 1 : 0;
  return c;
}

/// Every parameter from N(0, 0.3), norms about 1.
class PerturbedSource final : public Source {
 public:
  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) override {
    const auto noise = at::empty(shape).normal_(0, 0.3, stream_of(7, name));
    return init == Init::ones ? noise + 1 : noise;
  }
  bool has(const std::string&) const override { return true; }
};

inline std::unique_ptr<Model> model(const Config& config) {
  PerturbedSource source;
  return make_model(config, source);
}
inline std::unique_ptr<Model> model(const std::string& architecture) {
  return model(config(architecture));
}

/// Two sequences of 5 and 7 ids from 3 on: neither padding nor special.
inline Rows rows() { return rows_of({{3, 14, 15, 9, 26}, {5, 35, 8, 9, 7, 9, 3}}); }

inline at::Tensor logits(const Model& model, const Rows& rows) {
  Sequences attention(rows.lengths);
  return model.logits(model.hidden(rows, attention));
}

inline at::Tensor hidden(const Model& model, const Rows& rows) {
  Sequences attention(rows.lengths);
  return model.hidden(rows, attention);
}

/// Greatest absolute difference.
inline double apart(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace assay::lm::tiny
