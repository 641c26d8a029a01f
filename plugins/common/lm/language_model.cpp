// Opens what users have: a folder as transformers writes it, or a GGUF file.
#include "plugins/common/lm/file_source.hpp"
#include "plugins/common/lm/gguf_rope.hpp"
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/lm/packed.hpp"
#include "plugins/common/lm/text_file.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

#include <filesystem>
#include <stdexcept>

namespace assay::lm {
namespace {

namespace fs = std::filesystem;

/// The configuration of a GGUF file, with what only its tensors say.
Config gguf_config(const weights::TensorFile& file) {
  auto config = read_config(*file.gguf(), file.path());
  config.tied = file.find("output.weight") == nullptr;
  const auto* embedding = file.find("token_embd.weight");
  if (embedding && embedding->shape.size() == 2) config.vocabulary = embedding->shape[0];
  if (const auto* divisors = file.find("rope_freqs.weight")) {
    if (divisors->count() != config.rope.dims / 2)
      throw std::invalid_argument(file.path() + ": the tensor \"rope_freqs.weight\" has " +
                                  std::to_string(divisors->count()) +
                                  " numbers; half the dimensions that turn are " +
                                  std::to_string(config.rope.dims / 2));
    std::vector<float> values(static_cast<size_t>(divisors->count()));
    weights::to_float(*divisors, 0, divisors->count(), values.data());
    config.rope.divisors.assign(values.begin(), values.end());
    name_scaling(config.rope);
  }
  return config;
}

bool has_tokenizer(const fs::path& folder) {
  for (const char* name : {"tokenizer.json", "vocab.json", "vocab.txt"})
    if (fs::exists(folder / name)) return true;
  return false;
}

LanguageModel opened(const std::string& path) {
  const auto file = std::make_shared<const weights::TensorFile>(path);
  LanguageModel out;
  out.where = file->path();
  if (const auto* metadata = file->gguf()) {
    const auto config = gguf_config(*file);
    FileSource source(file, config);
    out.model = make_model(config, source);
    if (metadata->has("tokenizer.ggml.model"))
      out.tokenizer = text::Tokenizer::from_gguf(*metadata);
    out.chat_template = metadata->string("tokenizer.chat_template", "");
    return out;
  }
  const auto folder = fs::path(file->path()).parent_path();
  const auto config =
      read_config(read_text((folder / "config.json").string()), (folder / "config.json").string());
  FileSource source(file, config);
  out.model = make_model(config, source);
  if (has_tokenizer(folder)) out.tokenizer = text::Tokenizer::read(folder.string());
  if (fs::exists(folder / "chat_template.jinja"))
    out.chat_template = read_text((folder / "chat_template.jinja").string());
  else if (out.tokenizer)
    out.chat_template = out.tokenizer->chat_template();
  if (fs::exists(folder / "generation_config.json"))
    out.generation_config = read_text((folder / "generation_config.json").string());
  return out;
}

LanguageModel with(LanguageModel model, Precision precision) {
  if (precision == Precision::fast) pack(*model.model);
  return model;
}

}  // namespace

LanguageModel open_model(const std::string& path, Precision precision) {
  return with(opened(path), precision);
}

LanguageModel open_model(const Job& job, const std::string& name, Precision precision) {
  return with(job.has_path(name) ? opened(job.path(name)) : read_model(job.open(name)), precision);
}

}  // namespace assay::lm
