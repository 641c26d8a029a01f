#include "plugins/common/lm/token_loss.hpp"
#include "plugins/common/lm/trainable.hpp"
#include "plugins/common/lm/training_batch.hpp"
#include "plugins/lm/recipe.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace lm {

using assay::lm::LanguageModel;

namespace {

const char* const kEnd = "<|endoftext|>";  // of a tokenizer that is trained here

}  // namespace

void Recipe::check() const {
  assay::lm::fresh_config(architecture, sizes());
  if (length == 1) throw std::invalid_argument("length = 1 leaves no token to learn: at least 2");
  if (lora_rank > 0 && !trainable.empty())
    throw std::invalid_argument(
        "trainable chooses weights, of which LoRA trains none: leave it out, or lora_rank");
  if (warmup > steps)
    throw std::invalid_argument("warmup = " + std::to_string(warmup) +
                                " is longer than steps = " + std::to_string(steps));
}

LanguageModel Recipe::make_start(const assay::Job& job,
                                 const std::vector<std::string>& texts) const {
  if (job.inputs("model")) {
    if (job.inputs("tokenizer"))
      throw std::invalid_argument(
          "a model comes with its tokenizer: leave the input tokenizer out");
    if (!same_form({})) job.warn("the sizes of a model from scratch are ignored: it is given");
    return read_model(job, {});
  }
  if (lora_rank > 0)
    throw std::invalid_argument("LoRA adapts a model's weights: give the input model");
  LanguageModel start;
  const std::vector<std::string> special{kEnd};
  start.tokenizer = job.inputs("tokenizer")
                        ? assay::text::Tokenizer::read(job.path("tokenizer"))
                        : assay::text::Tokenizer::train_byte_level_bpe(texts, vocabulary, special);
  auto sizes = this->sizes();
  sizes.vocabulary = start.tokenizer->size();
  if (sizes.vocabulary != vocabulary)
    job.warn("the vocabulary has " + std::to_string(sizes.vocabulary) + " ids and not " +
             std::to_string(vocabulary) +
             (job.inputs("tokenizer") ? ": the tokenizer's" : ": the texts have no more to merge"));
  auto config = assay::lm::fresh_config(architecture, sizes);
  const auto end = start.tokenizer->eos() >= 0 ? start.tokenizer->eos() : start.tokenizer->id(kEnd);
  if (end >= 0) config.eos_ids = {end};
  assay::lm::FreshSource source(job.key("initial"), config.initializer_range);
  start.model = assay::lm::make_model(config, source);
  start.where = "the model from scratch";
  return start;
}

bool Recipe::same_form(const Recipe& other) const {
  const auto form = [](const Recipe& r) {
    return std::tie(r.architecture, r.vocabulary, r.width, r.layers, r.heads, r.kv_heads, r.ffn,
                    r.context);
  };
  return form(*this) == form(other);
}

int64_t Recipe::length_of(const LanguageModel& model) const {
  const int64_t context = model.model->config().context;
  if (length > context)
    throw std::invalid_argument(model.where + ": its context has " + std::to_string(context) +
                                " tokens, fewer than length = " + std::to_string(length));
  return length > 0 ? length : std::min<int64_t>(context, 1024);
}

assay::text::Id end_of_document(const LanguageModel& model) {
  const auto& ends = model.model->config().eos_ids;
  if (!ends.empty()) return static_cast<assay::text::Id>(ends.front());
  if (model.tokenizer->eos() >= 0) return model.tokenizer->eos();
  throw std::invalid_argument(model.where +
                              ": names no end token, which documents are told apart by; give "
                              "eos_token_id in config.json, or eos_token in "
                              "tokenizer_config.json");
}

Run::Run(const Recipe& recipe, const LanguageModel& model, const assay::lm::Packing& packing,
         at::Device device, uint64_t order_key, uint64_t noise_key)
    : recipe_(recipe),
      model_(*model.model),
      packing_(packing),
      device_(device),
      order_(std::make_unique<assay::lm::DataOrder>(packing.windows(), order_key)) {
  // Which parameters are trained.
  assay::lm::move(model_, device);
  assay::lm::NamedTensors trained;
  if (recipe.lora_rank > 0) {
    lora_.emplace(model_, recipe.lora_on,
                  assay::lm::LoraOptions{.rank = recipe.lora_rank, .alpha = recipe.lora_alpha},
                  noise_key);
    trained = lora_->parameters();
  } else {
    assay::lm::train_only(model_, recipe.trainable.empty() ? ".*" : recipe.trainable);
    trained = assay::lm::trained(model_);
  }
  for (const auto& [name, tensor] : trained) numbers_ += static_cast<double>(tensor.numel());

  // With what optimiser.
  assay::lm::TrainerOptions options;
  options.steps = recipe.steps;
  options.schedule =
      recipe.schedule == "cosine"
          ? assay::lm::cosine_schedule(recipe.lr, recipe.steps, recipe.warmup,
                                       recipe.lr * recipe.lr_floor)
      : recipe.schedule == "linear"
          ? assay::lm::linear_schedule(recipe.lr, recipe.steps, recipe.warmup)
          : assay::lm::cosine_schedule(recipe.lr, recipe.steps, recipe.warmup, recipe.lr);
  options.adamw = {
      .beta1 = recipe.beta1, .beta2 = recipe.beta2, .weight_decay = recipe.weight_decay};
  options.clip = recipe.clip;
  options.micro_batches = recipe.micro_batches;
  options.noise_key = noise_key;
  trainer_ = std::make_unique<assay::lm::Trainer>(
      trained, options, [this](int64_t step, int64_t micro) { return loss(step, micro); });
}

assay::lm::MicroLoss Run::loss(int64_t step, int64_t micro) const {
  const int64_t first = (step * recipe_.micro_batches + micro) * recipe_.batch;
  std::vector<assay::lm::TrainingExample> examples;
  for (const int64_t w : order_->batch(first, recipe_.batch))
    for (auto& example : packing_.window(w)) examples.push_back(std::move(example));
  const auto batch = assay::lm::training_batch(examples, device_);
  assay::lm::Sequences attention(batch.rows.lengths);
  const auto hidden = batch.predicting(model_.hidden(batch.rows, attention));  // (M, C)
  const auto weights = assay::lm::label_weights(batch, assay::lm::Reduction::labels);
  return {assay::lm::token_loss(model_.head(), hidden, batch.targets, weights).sum,
          static_cast<double>(batch.targets.size(0))};
}

void Run::finish() {
  if (lora_) lora_->merge();
  assay::lm::freeze(model_);
  assay::lm::move(model_, at::kCPU);
}

}  // namespace lm
