// Method `export`: a folder that opens as the model that went in.
#include "plugins/common/lm/language_model.hpp"
#include "tests/plugins/lm_plugin/lm_host.hpp"

#include <algorithm>
#include <cstring>

using namespace lm_test;

TEST_CASE("an exported folder has the files that transformers reads") {
  const auto run = exported(base_model());
  REQUIRE_MESSAGE(run.ok(), run.message);
  double bytes = 0;
  for (const auto& [name, content] : run.out.files) bytes += static_cast<double>(content.size());
  for (const char* name : {"files/config.json", "files/model.safetensors", "files/tokenizer.json"})
    CHECK(run.out.files.contains(name));
  CHECK(run.out.metric("bytes") == bytes);
  CHECK(run.out.metric("parameters") == base().out.metric("parameters"));
}

TEST_CASE("an exported folder opens with the weights and the tokenizer that were trained") {
  const auto model = assay::lm::open_model(base_folder());
  const auto& trained = base().out.checkpoints.at("model");
  for (const auto& [name, tensor] : model.model->parameters()) {
    CAPTURE(name);
    REQUIRE(trained.contains(name));
    const auto values = tensor.contiguous();
    const auto& bytes = trained.at(name).bytes;
    REQUIRE(bytes.size() == values.nbytes());
    CHECK(std::memcmp(values.data_ptr(), bytes.data(), bytes.size()) == 0);
  }
  REQUIRE(model.tokenizer);
  CHECK(model.tokenizer->decode(model.tokenizer->encode("The cat sat.")) == "The cat sat.");
  CHECK(model.model->config().eos_ids.size() == 1);
}

TEST_CASE("an exported folder scores and exports as the run that it came from") {
  const auto score = [](const fake::Source& model) {
    return host().run("score", {}, {{"model", {model}}, {"text", {text()}}});
  };
  const auto from_run = score(base_model()), from_folder = score(base_folder());
  REQUIRE_MESSAGE(from_folder.ok(), from_folder.message);
  CHECK((from_run.out.tables == from_folder.out.tables));
  CHECK((exported(base_folder()).out.files == exported(base_model()).out.files));
}

TEST_CASE("a model without a tokenizer exports, and is refused by what reads text") {
  const sample::Folder folder;
  write_files(exported(base_model()), folder.path);
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
    std::filesystem::remove(folder.path / name);
  const fake::Source model(folder.path.string());
  for (const char* method : {"score", "train"}) {
    CAPTURE(method);
    CHECK(says(host().run(method, {}, {{"model", {model}}, {"text", {text()}}}),
               "has no tokenizer; put tokenizer.json into the folder"));
  }
  CHECK(says(
      host().run("generate", {{"prompts", std::vector<std::string>{"The"}}}, {{"model", {model}}}),
      "has no tokenizer"));
  const auto run = exported(model);
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.files.contains("files/model.safetensors"));
}

TEST_CASE("a folder whose weights are cut off is refused by name") {
  const sample::Folder folder;
  write_files(exported(base_model()), folder.path);
  std::filesystem::resize_file(folder.path / "model.safetensors", 5000);
  CHECK(says(exported(folder.path.string()), "model.safetensors"));
}
