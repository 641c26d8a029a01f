#include "plugins/common/lm/fake_quant.hpp"
#include "plugins/common/lm/language_model.hpp"
#include "tests/plugins/lm/checkpoint_in_memory.hpp"
#include "tests/plugins/lm/tiny_models.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;
using sample::Folder;

namespace {

const char* const kTokenizer = R"({
  "added_tokens": [{"id": 4, "content": "</s>", "special": true, "single_word": false,
                    "lstrip": false, "rstrip": false, "normalized": false}],
  "model": {"type": "BPE", "vocab": {"a": 0, "c": 1, "t": 2, "at": 3}, "merges": ["a t"]}})";

LanguageModel with_tokenizer(const std::string& architecture) {
  LanguageModel out;
  out.model = tiny::model(read_config(to_json(tiny::config(architecture)), "config.json"));
  out.tokenizer = assay::text::Tokenizer::from_json(kTokenizer, "the test");
  out.chat_template = "{{ messages }}";
  out.generation_config = "{\"temperature\": 0.5}\n";
  return out;
}

void check_equal(const LanguageModel& a, const LanguageModel& b) {
  REQUIRE(a.model->parameters().size() == b.model->parameters().size());
  for (size_t i = 0; i < a.model->parameters().size(); ++i) {
    CHECK(a.model->parameters()[i].first == b.model->parameters()[i].first);
    CHECK(at::equal(a.model->parameters()[i].second, b.model->parameters()[i].second));
  }
  CHECK(at::equal(tiny::logits(*a.model, tiny::rows()), tiny::logits(*b.model, tiny::rows())));
  CHECK(a.chat_template == b.chat_template);
  CHECK(a.generation_config == b.generation_config);
  REQUIRE(b.tokenizer);
  CHECK(b.tokenizer->encode("cat") == std::vector<assay::text::Id>{1, 3});
  CHECK(b.tokenizer->eos() == 4);
}

}  // namespace

TEST_CASE("an exported folder opens as the model that it was") {
  for (const char* architecture :
       {"gpt2", "gpt_neox", "gpt_neo", "llama", "qwen2", "mistral", "phi", "bert", "roberta"}) {
    CAPTURE(architecture);
    const Folder folder;
    const auto model = with_tokenizer(architecture);
    export_model(model, folder.path.string());
    check_equal(model, open_model(folder.path.string()));
  }
}

TEST_CASE("parameters keep the type they came in while it holds them exactly") {
  const at::NoGradGuard none;
  const auto bytes = [](const std::filesystem::path& folder) {
    return static_cast<double>(std::filesystem::file_size(folder / "model.safetensors"));
  };
  const Folder half, changed;
  auto config = tiny::config("llama");
  config.dtype = "bfloat16";
  auto narrow = with_tokenizer("llama");
  narrow.model = tiny::model(config);
  double numbers = 0;
  for (auto [name, x] : narrow.model->parameters()) {
    x.copy_(x.to(at::kBFloat16).to(at::kFloat));
    numbers += static_cast<double>(x.numel());
  }
  export_model(narrow, half.path.string());
  CHECK(bytes(half.path) < 3 * numbers);
  check_equal(narrow, open_model(half.path.string()));

  // One number that bfloat16 cannot hold.
  narrow.model->parameters()[0].second.view(-1)[0] = 1.0000001f;
  export_model(narrow, changed.path.string());
  CHECK(bytes(changed.path) > 4 * numbers);
  check_equal(narrow, open_model(changed.path.string()));
}

TEST_CASE("a checkpoint hands a model on whole") {
  const auto model = with_tokenizer("llama");
  assay::Columns columns;
  add_model(columns, model);
  const memory::Checkpoint checkpoint(columns.list());
  check_equal(model, read_model(checkpoint.reader()));
}

TEST_CASE("a model whose layers compute more than its parameters say is not handed on") {
  const auto model = with_tokenizer("llama");
  fake_quantise(*model.model, "q_proj");
  CHECK(sample::refusal([&] { published_parameters(model); }) ==
        ": the layer model.layers.0.self_attn.q_proj is adapted or quantised; merge or bake that "
        "before the model is handed on, or remove it");
  bake_quantised(*model.model, "q_proj", Quant::nf4);
  CHECK(published_parameters(model).size() == model.model->parameters().size());
}

TEST_CASE("a checkpoint that is no language model is refused") {
  assay::Columns columns;
  columns.add("weights", at::zeros({2}));
  const memory::Checkpoint none(columns.list());
  CHECK(sample::refusal([&] { read_model(none.reader()); }) ==
        "the checkpoint is no language model: it has no \"config\"; the format \"language_model\" "
        "is wanted");
  const auto model = with_tokenizer("llama");
  assay::Columns cut;
  cut.add("config", to_json(model.model->config()));
  const memory::Checkpoint missing(cut.list());
  CHECK(sample::refusal([&] { read_model(missing.reader()); }) ==
        "the checkpoint has no parameter \"model.embed_tokens.weight\"");
}

TEST_CASE("what is written to an opened model reaches neither its file nor another model") {
  const Folder folder;
  export_model(with_tokenizer("llama"), folder.path.string());
  const auto one = open_model(folder.path.string()), other = open_model(folder.path.string());
  one.model->embedding().fill_(7);
  CHECK(one.model->embedding().max().item<float>() == 7.0f);
  CHECK(other.model->embedding().max().item<float>() < 7.0f);
  CHECK(open_model(folder.path.string()).model->embedding().max().item<float>() < 7.0f);
}

TEST_CASE("a folder without a configuration is refused by the file that is missing") {
  const Folder folder;
  export_model(with_tokenizer("llama"), folder.path.string());
  std::filesystem::remove(folder.path / "config.json");
  CHECK(sample::refusal([&] { open_model(folder.path.string()); }) ==
        (folder.path / "config.json").string() + ": cannot be read: No such file or directory");
}
