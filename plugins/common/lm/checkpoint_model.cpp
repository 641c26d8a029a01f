// The one form in which plugins hand a language model on: a checkpoint of the format
// "language_model".
#include "plugins/common/lm/language_model.hpp"

#include <stdexcept>

namespace assay::lm {
namespace {

/// Parameters from a checkpoint.
class CheckpointSource final : public Source {
 public:
  explicit CheckpointSource(const Reader& reader) : reader_(reader) {}

  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init) override {
    if (!reader_.has(name))
      throw std::invalid_argument("the checkpoint has no parameter \"" + name + "\"");
    auto tensor = read_tensor(reader_, name);
    if (tensor.sizes() != shape)
      throw std::invalid_argument("the checkpoint's \"" + name +
                                  "\" has another shape than its \"config\" asks for");
    return tensor.to(at::kFloat);
  }
  bool has(const std::string& name) const override { return reader_.has(name); }

 private:
  const Reader& reader_;
};

std::string text_of(const Reader& checkpoint, const std::string& key) {
  if (!checkpoint.has(key)) return "";
  const auto strings = checkpoint.strings(key);
  return strings.empty() ? "" : strings[0];
}

}  // namespace

void add_model(Columns& columns, const LanguageModel& model) {
  columns.add("config", published_config(model, model.model->config().dtype));
  if (model.tokenizer) {
    columns.add("tokenizer", model.tokenizer->to_json());
    columns.add("tokenizer_config", model.tokenizer->config_json());
  }
  if (!model.chat_template.empty()) columns.add("chat", model.chat_template);
  if (!model.generation_config.empty()) columns.add("generation", model.generation_config);
  for (const auto& [name, tensor] : published_parameters(model)) columns.add(name, tensor);
}

LanguageModel read_model(const Reader& checkpoint) {
  static const std::string kWhere = "the checkpoint's \"config\"";
  const auto config = text_of(checkpoint, "config");
  if (config.empty())
    throw std::invalid_argument(
        "the checkpoint is no language model: it has no \"config\"; the format \"language_model\" "
        "is wanted");
  LanguageModel out;
  out.where = "the checkpoint";
  CheckpointSource source(checkpoint);
  out.model = make_model(read_config(config, kWhere), source);
  if (const auto tokenizer = text_of(checkpoint, "tokenizer"); !tokenizer.empty()) {
    const auto config_json = text_of(checkpoint, "tokenizer_config");
    out.tokenizer = text::Tokenizer::from_json(tokenizer, config_json.empty() ? "{}" : config_json,
                                               "the checkpoint's \"tokenizer\"");
  }
  out.chat_template = text_of(checkpoint, "chat");
  out.generation_config = text_of(checkpoint, "generation");
  return out;
}

}  // namespace assay::lm
