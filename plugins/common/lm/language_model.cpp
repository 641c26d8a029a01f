// Opens what users have: a folder as transformers writes it, or a GGUF file.
#include "plugins/common/lm/file_source.hpp"
#include "plugins/common/lm/gguf_rope.hpp"
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/lm/packed.hpp"
#include "plugins/common/lm/text_file.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

#include <ATen/Parallel.h>

#include <cmath>
#include <filesystem>
#include <future>
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
    for (const float divisor : values)
      if (!(divisor > 0 && std::isfinite(divisor)))
        throw std::invalid_argument(file.path() + ": the tensor \"rope_freqs.weight\" has " +
                                    std::to_string(divisor) +
                                    "; allowed are finite numbers above 0, as frequencies are "
                                    "divided by them");
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

/// Beside the weights if there is a second thread, after them if not.
template <class Read>
std::future<text::Tokenizer> meanwhile(Read read) {
  return std::async(at::get_num_threads() > 1 ? std::launch::async : std::launch::deferred,
                    std::move(read));
}

LanguageModel open_gguf(const std::shared_ptr<const weights::TensorFile>& file) {
  const auto& metadata = *file->gguf();
  LanguageModel out;
  std::future<text::Tokenizer> tokenizer;
  if (metadata.has("tokenizer.ggml.model"))
    tokenizer = meanwhile([&] { return text::Tokenizer::from_gguf(metadata); });
  const auto config = gguf_config(*file);
  FileSource source(file, config);
  out.model = make_model(config, source);
  out.chat_template = metadata.string("tokenizer.chat_template", "");
  if (tokenizer.valid()) out.tokenizer = tokenizer.get();
  return out;
}

LanguageModel open_folder(const std::shared_ptr<const weights::TensorFile>& file) {
  const auto folder = fs::path(file->path()).parent_path();
  const auto in = [&](const char* name) { return (folder / name).string(); };
  LanguageModel out;
  std::future<text::Tokenizer> tokenizer;
  if (has_tokenizer(folder))
    tokenizer = meanwhile([&] { return text::Tokenizer::read(folder.string()); });
  const auto config = read_config(read_text(in("config.json")), in("config.json"));
  FileSource source(file, config);
  out.model = make_model(config, source);
  if (tokenizer.valid()) out.tokenizer = tokenizer.get();
  if (fs::exists(folder / "chat_template.jinja"))
    out.chat_template = read_text(in("chat_template.jinja"));
  else if (out.tokenizer)
    out.chat_template = out.tokenizer->chat_template();
  if (fs::exists(folder / "generation_config.json"))
    out.generation_config = read_text(in("generation_config.json"));
  return out;
}

LanguageModel opened(const std::string& path) {
  const auto file = std::make_shared<const weights::TensorFile>(path);
  auto out = file->gguf() ? open_gguf(file) : open_folder(file);
  out.where = file->path();
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
