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

/// How parameters are stored: a type of tensors, of the file, and its name in config.json.
struct Stored {
  at::ScalarType tensor;
  weights::Type file;
  const char* name;
};
constexpr Stored kSingle{at::kFloat, weights::Type::f32, "float32"};
constexpr Stored kHalves[] = {{at::kBFloat16, weights::Type::bf16, "bfloat16"},
                              {at::kHalf, weights::Type::f16, "float16"}};

/// As they came, if that type still holds every parameter exactly; else single precision.
Stored stored_as(const Config& config,
                 const std::vector<std::pair<std::string, at::Tensor>>& parameters) {
  for (const auto& half : kHalves) {
    if (config.dtype != half.name) continue;
    for (const auto& [name, x] : parameters)
      if (!at::equal(x.to(half.tensor).to(at::kFloat), x)) return kSingle;
    return half;
  }
  return kSingle;
}

void write_parameters(const std::vector<std::pair<std::string, at::Tensor>>& parameters,
                      const Stored& stored, const std::string& path) {
  std::vector<weights::Entry> entries;
  std::vector<at::Tensor> kept;
  for (const auto& [name, single] : parameters) {
    const auto& x = kept.emplace_back(single.to(stored.tensor));
    entries.push_back({.name = name,
                       .type = stored.file,
                       .shape = x.sizes().vec(),
                       .bytes = {static_cast<const uint8_t*>(x.const_data_ptr()), x.nbytes()}});
  }
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

std::string published_config(const LanguageModel& model, const std::string& dtype) {
  auto config = model.model->config();
  if (!config.rope.divisors.empty())
    throw std::invalid_argument(model.where +
                                ": the frequencies of its rotary embedding are divided by numbers "
                                "of its own (rope_freqs.weight), which no config.json can say");
  config.dtype = dtype;
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
  const auto parameters = published_parameters(model);
  const auto stored = stored_as(model.model->config(), parameters);
  write_text(in("config.json"), published_config(model, stored.name));
  write_parameters(parameters, stored, in("model.safetensors"));
  if (model.tokenizer) {
    write_text(in("tokenizer.json"), model.tokenizer->to_json());
    write_text(in("tokenizer_config.json"), tokenizer_config(*model.tokenizer));
  }
  if (!model.chat_template.empty()) write_text(in("chat_template.jinja"), model.chat_template);
  if (!model.generation_config.empty())
    write_text(in("generation_config.json"), model.generation_config);
}

}  // namespace assay::lm
