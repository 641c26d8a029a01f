// How `train` makes a model and trains it: the parameters, and the run of the optimiser.
#pragma once
#include "plugins/common/lm/data_order.hpp"
#include "plugins/common/lm/fresh_config.hpp"
#include "plugins/common/lm/lora.hpp"
#include "plugins/common/lm/packing.hpp"
#include "plugins/common/lm/trainer.hpp"
#include "plugins/lm/inputs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lm {

struct Recipe {
  std::string architecture = "gpt2";
  int64_t vocabulary = 2048, width = 128, layers = 4, heads = 4, kv_heads = 0, ffn = 0,
          context = 256;
  int64_t length = 0;
  bool across = true;
  double held_out = 0.1;
  std::string trainable;
  int64_t lora_rank = 0;
  double lora_alpha = 16;
  std::string lora_on = ".*";
  int64_t steps = 500, batch = 8, micro_batches = 1;
  double lr = 1e-3;
  std::string schedule = "cosine";
  int64_t warmup = 20;
  double lr_floor = 0.1;
  double weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, clip = 1;
  int64_t eval_every = 100, log_every = 10;

  template <class M>
  static void describe(assay::Schema<M>& s);
  void check() const;

  /// The model of the input `model`, or a fresh one with the tokenizer of the input `tokenizer` or
  /// one trained on `texts`. std::invalid_argument if it cannot generate text.
  assay::lm::LanguageModel make_start(const assay::Job& job,
                                      const std::vector<std::string>& texts) const;
  /// Labels of a training window.
  int64_t length_of(const assay::lm::LanguageModel& model) const;

  /// Whether both say the same of a model from scratch.
  bool same_form(const Recipe& other) const;
  assay::lm::Sizes sizes() const {
    return {.vocabulary = vocabulary,
            .width = width,
            .layers = layers,
            .heads = heads,
            .kv_heads = kv_heads,
            .ffn = ffn,
            .context = context};
  }
};

/// What stands after each document: the model's end token. std::invalid_argument if it has none.
assay::text::Id end_of_document(const assay::lm::LanguageModel& model);

/// A model in training.
class Run {
 public:
  /// All references outlive it.
  Run(const Recipe& recipe, const assay::lm::LanguageModel& model,
      const assay::lm::Packing& packing, at::Device device, uint64_t order_key, uint64_t noise_key);

  assay::lm::Trainer& trainer() { return *trainer_; }
  double numbers() const { return numbers_; }  // that are trained
  /// The model is its plain self again, with what it has learned.
  void finish();

 private:
  assay::lm::MicroLoss loss(int64_t step, int64_t micro) const;

  const Recipe& recipe_;
  const assay::lm::Model& model_;
  const assay::lm::Packing& packing_;
  at::Device device_;
  mutable std::unique_ptr<assay::lm::DataOrder> order_;
  std::optional<assay::lm::Lora> lora_;
  std::unique_ptr<assay::lm::Trainer> trainer_;
  double numbers_ = 0;
};

template <class M>
void Recipe::describe(assay::Schema<M>& s) {
  using T = Recipe;
  s.param("architecture", &T::architecture, "from scratch: the form of the model")
      .choices({"gpt2", "gpt_neox", "gpt_neo", "llama", "mistral", "qwen2", "phi"});
  s.param("vocabulary", &T::vocabulary,
          "from scratch: ids of the byte-level BPE that is trained on the texts")
      .min(257)
      .max(1'000'000);
  s.param("width", &T::width, "from scratch: C, of the residual stream").min(1).max(65536);
  s.param("layers", &T::layers, "from scratch").min(1).max(1000);
  s.param("heads", &T::heads, "from scratch: of attention").min(1).max(1024);
  s.param("kv_heads", &T::kv_heads, "from scratch: of keys and values; 0: as many as heads").min(0);
  s.param("ffn", &T::ffn,
          "from scratch: hidden units of the feed-forward part; 0: 4 width, or 8/3 "
          "width where it is gated")
      .min(0)
      .max(1'000'000);
  s.param("context", &T::context, "from scratch: greatest number of positions")
      .min(2)
      .max(1'000'000)
      .unit("tokens");
  s.param("length", &T::length, "of a training window; 0: the model's context, at most 1024")
      .min(0)
      .unit("tokens");
  s.param("across", &T::across,
          "a document's tokens attend to the documents before it in its window");
  s.param("held_out", &T::held_out,
          "share of the documents to evaluate on, if there is no input held_out")
      .min(0)
      .below(1);
  s.param("trainable", &T::trainable,
          "regular expression on the parameters' published names: only these are trained; empty: "
          "all");
  s.param("lora_rank", &T::lora_rank,
          "trains low-rank additions to linear layers in place of weights; 0: the weights")
      .min(0)
      .max(4096);
  s.param("lora_alpha", &T::lora_alpha, "LoRA: additions are multiplied by alpha / rank").above(0);
  s.param("lora_on", &T::lora_on, "LoRA: regular expression on the names of linear layers");
  s.param("steps", &T::steps, "of the optimiser").min(1);
  s.param("batch", &T::batch, "windows in a micro-batch").min(1);
  s.param("micro_batches", &T::micro_batches, "of a step, whose gradients are averaged").min(1);
  s.param("lr", &T::lr, "AdamW's learning rate after warm-up").above(0);
  s.param("schedule", &T::schedule, "of the learning rate")
      .choices({"cosine", "linear", "constant"});
  s.param("warmup", &T::warmup, "steps over which the rate rises from 0").min(0).unit("steps");
  s.param("lr_floor", &T::lr_floor, "cosine: share of lr that it ends at").min(0).max(1);
  s.param("weight_decay", &T::weight_decay, "of weights; not of biases and norms").min(0);
  s.param("beta1", &T::beta1, "AdamW's").min(0).below(1);
  s.param("beta2", &T::beta2, "AdamW's").min(0).below(1);
  s.param("clip", &T::clip, "greatest norm of the gradients; 0: any").min(0);
  s.param("eval_every", &T::eval_every, "steps between evaluations on held-out text").min(1);
  s.param("log_every", &T::log_every, "steps between entries of the loss").min(1).cosmetic();
}

}  // namespace lm
