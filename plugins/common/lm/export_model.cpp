// Writes a model as the folder that transformers loads.
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/lm/text_file.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <filesystem>
#include <stdexcept>

namespace assay::lm {
namespace {

namespace fs = std::filesystem;

void write_parameters(const Model& model, const std::string& path) {
  std::vector<at::Tensor> kept;
  std::vector<weights::Entry> entries;
  for (const auto& [name, tensor] : model.parameters()) {
    if (!tensor.defined())
      throw std::invalid_argument("the parameter \"" + name +
                                  "\" is packed; a model that is to be exported is opened exact");
    const auto& x = kept.emplace_back(tensor.detach().cpu().to(at::kFloat).contiguous());
    entries.push_back({.name = name,
                       .type = weights::Type::f32,
                       .shape = x.sizes().vec(),
                       .bytes = {static_cast<const uint8_t*>(x.const_data_ptr()), x.nbytes()}});
  }
  weights::write_safetensors(path, entries);
}

}  // namespace

void export_model(const LanguageModel& model, const std::string& folder) {
  fs::create_directories(folder);
  const auto in = [&](const char* name) { return (fs::path(folder) / name).string(); };
  auto config = model.model->config();
  config.dtype = "float32";
  write_text(in("config.json"), to_json(config));
  write_parameters(*model.model, in("model.safetensors"));
  if (model.tokenizer) {
    write_text(in("tokenizer.json"), model.tokenizer->to_json());
    write_text(in("tokenizer_config.json"), model.tokenizer->config_json());
  }
  if (!model.chat_template.empty()) write_text(in("chat_template.jinja"), model.chat_template);
  if (!model.generation_config.empty())
    write_text(in("generation_config.json"), model.generation_config);
}

}  // namespace assay::lm
