// Writes a model as the folder that transformers loads.
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/lm/text_file.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <stdexcept>

namespace assay::lm {
namespace {

namespace fs = std::filesystem;

void write_parameters(const LanguageModel& model, const std::string& path) {
  const auto parameters = published_parameters(model);
  std::vector<weights::Entry> entries;
  for (const auto& [name, x] : parameters)
    entries.push_back({.name = name,
                       .type = weights::Type::f32,
                       .shape = x.sizes().vec(),
                       .bytes = {static_cast<const uint8_t*>(x.const_data_ptr()), x.nbytes()}});
  weights::write_safetensors(path, entries);
}

/// tokenizer_config.json with the class that reads tokenizer.json as it is, if it names none: from
/// the architecture alone, transformers would take another one.
std::string tokenizer_config(const text::Tokenizer& tokenizer) {
  const auto text = tokenizer.config_json();
  auto json = nlohmann::ordered_json::parse(text);
  if (json.contains("tokenizer_class")) return text;
  json["tokenizer_class"] = "PreTrainedTokenizerFast";
  return json.dump(2);
}

}  // namespace

std::string published_config(const LanguageModel& model) {
  auto config = model.model->config();
  if (!config.rope.divisors.empty())
    throw std::invalid_argument(model.where +
                                ": the frequencies of its rotary embedding are divided by numbers "
                                "of its own (rope_freqs.weight), which no config.json can say");
  config.dtype = "float32";
  return to_json(config);
}

std::vector<std::pair<std::string, at::Tensor>> published_parameters(const LanguageModel& model) {
  std::vector<std::pair<std::string, at::Tensor>> out;
  for (const auto& [name, tensor] : model.model->parameters()) {
    if (!tensor.defined())
      throw std::invalid_argument(model.where + ": the parameter \"" + name +
                                  "\" is packed; a model that is to be handed on is opened exact");
    out.emplace_back(name, tensor.detach().cpu().to(at::kFloat).contiguous());
  }
  for (const auto& linear : model.model->linears())
    if (linear->form)
      throw std::invalid_argument(model.where + ": the layer " + linear->name +
                                  " is adapted or quantised; merge or bake that before the model "
                                  "is handed on, or remove it");
  return out;
}

void export_model(const LanguageModel& model, const std::string& folder) {
  fs::create_directories(folder);
  const auto in = [&](const char* name) { return (fs::path(folder) / name).string(); };
  write_text(in("config.json"), published_config(model));
  write_parameters(model, in("model.safetensors"));
  if (model.tokenizer) {
    write_text(in("tokenizer.json"), model.tokenizer->to_json());
    write_text(in("tokenizer_config.json"), tokenizer_config(*model.tokenizer));
  }
  if (!model.chat_template.empty()) write_text(in("chat_template.jinja"), model.chat_template);
  if (!model.generation_config.empty())
    write_text(in("generation_config.json"), model.generation_config);
}

}  // namespace assay::lm
