// A language model with all that came with it: what users have as a folder or a GGUF file, and what
// plugins hand on as a checkpoint.
#pragma once
#include "plugins/common/lm/model.hpp"
#include "plugins/common/text/tokenizer.hpp"

#include <assay/torch.hpp>

#include <optional>
#include <string>

namespace assay::lm {

struct LanguageModel {
  std::unique_ptr<Model> model;
  std::optional<text::Tokenizer> tokenizer;
  std::string chat_template;      // Jinja source; empty if none
  std::string generation_config;  // JSON; empty if none
  std::string where;              // for messages: the path, or the run it came from
};

/// `exact` computes in fp32; `fast` keeps weights quantised or packed, within its stated tolerance.
enum class Precision { exact, fast };

/// A folder as transformers writes it, or a GGUF file. std::invalid_argument: file, what, what is
/// supported.
LanguageModel open_model(const std::string& path, Precision precision = Precision::exact);
/// The input `name` of a job: such a folder or file, or a checkpoint of the format
/// "language_model".
LanguageModel open_model(const Job& job, const std::string& name,
                         Precision precision = Precision::exact);

/// What a checkpoint of the format "language_model" holds: "config", "tokenizer" and
/// "tokenizer_config" (JSON), "chat", "generation", and the parameters by their published names.
void add_model(Columns& columns, const LanguageModel& model);
LanguageModel read_model(const Reader& checkpoint);

/// What stands in a model's config.json, with the name of the type that its parameters are stored
/// in; and its parameters as floats, in row-major order.
std::string published_config(const LanguageModel& model, const std::string& dtype);
std::vector<std::pair<std::string, at::Tensor>> published_parameters(const LanguageModel& model);

/// Writes config.json, model.safetensors, tokenizer.json and what else there is into `folder`,
/// which transformers loads. Parameters keep the type that the model's files had if it still holds
/// them exactly; else they are float32. Like add_model, std::invalid_argument for a model that is
/// packed, whose layers are adapted or quantised, or whose rotary frequencies are divided by
/// numbers of its GGUF file that no config.json can say.
void export_model(const LanguageModel& model, const std::string& folder);

}  // namespace assay::lm
