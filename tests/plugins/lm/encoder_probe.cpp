// encoder_probe HEAD FOLDER REQUEST OUT: what an encoder of a folder makes of some sequences, for
// the comparison with PyPI `transformers`. OUT is safetensors, with an "output".
//   masked, dense, pooler: REQUEST is safetensors with "ids", "lengths", perhaps "types", and
//     perhaps a "cotangent" of the output's shape. Then OUT has the gradients of sum(output *
//     cotangent) by the parameters' names, and "by_embeddings", the output of given embeddings.
//   sentences: REQUEST is a file of lines, which FOLDER's tokenizer cuts to 256 tokens at most.
#include "plugins/common/lm/heads.hpp"
#include "plugins/common/lm/sentence_encoder.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace assay;
using namespace assay::lm;

namespace {

at::Tensor floats(const weights::Entry& entry) {
  auto tensor = at::empty(entry.shape, at::kFloat);
  weights::to_float(entry, 0, entry.count(), tensor.mutable_data_ptr<float>());
  return tensor;
}

class FileSource final : public Source {
 public:
  explicit FileSource(const weights::TensorFile& file) : file_(file) {}
  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init) override {
    const auto* entry = file_.find(name);
    if (!entry || at::IntArrayRef(entry->shape) != shape)
      throw std::invalid_argument("no tensor " + name + " of the shape asked for");
    return floats(*entry).requires_grad_(true);
  }
  bool has(const std::string& name) const override { return file_.find(name) != nullptr; }

 private:
  const weights::TensorFile& file_;
};

at::Tensor integers(const weights::TensorFile& request, const std::string& name) {
  return floats(*request.find(name)).to(at::kLong);
}

Rows rows_of_request(const weights::TensorFile& request) {
  const auto lengths = integers(request, "lengths");
  Rows rows{.ids = integers(request, "ids")};
  std::vector<at::Tensor> positions;
  for (int64_t b = 0; b < lengths.size(0); ++b) {
    rows.lengths.push_back(lengths[b].item<int64_t>());
    positions.push_back(at::arange(rows.lengths.back(), at::kLong));
  }
  rows.positions = at::cat(positions);
  if (request.find("types")) rows.types = integers(request, "types");
  return rows;
}

using Named = std::vector<std::pair<std::string, at::Tensor>>;

void write(const std::string& path, const Named& tensors) {
  std::vector<at::Tensor> kept;
  std::vector<weights::Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    kept.push_back(tensor.detach().contiguous());
    const auto* bytes = static_cast<const uint8_t*>(kept.back().const_data_ptr());
    entries.push_back({.name = name,
                       .type = weights::Type::f32,
                       .shape = tensor.sizes().vec(),
                       .bytes = {bytes, static_cast<size_t>(tensor.numel()) * 4}});
  }
  weights::write_safetensors(path, entries);
}

at::Tensor sentences(const Model& model, const std::string& folder, const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return embed(model, text::Tokenizer::read(folder), lines, {.max_tokens = 256});
}

void answer(const std::string& head, const std::string& folder, const std::string& request_path,
            const std::string& out) {
  std::stringstream config;
  config << std::ifstream(folder + "/config.json").rdbuf();
  const weights::TensorFile file(folder);
  FileSource source(file);
  const auto model = make_model(read_config(config.str(), folder + "/config.json"), source);
  if (head == "sentences") return write(out, {{"output", sentences(*model, folder, request_path)}});
  const weights::TensorFile request(request_path);
  auto named = model->parameters();
  auto rows = rows_of_request(request);

  const auto output_of = [&](const Rows& input) {
    Sequences attention(input.lengths);
    const auto hidden = model->hidden(input, attention);
    if (head == "masked") return model->logits(hidden);
    const auto* weight =
        file.find(head == "dense" ? "classifier.out_proj.weight" : "classifier.weight");
    const Classifier classifier(head == "dense" ? ClassifierForm::dense : ClassifierForm::pooler,
                                *model, weight->shape[0], source);
    if (named.size() == model->parameters().size())
      named.insert(named.end(), classifier.parameters().begin(), classifier.parameters().end());
    return classifier(hidden.index_select(0, first_rows(input)));
  };
  const auto output = output_of(rows);
  Named answers{{"output", output}};
  if (const auto* cotangent = request.find("cotangent")) {
    (output * floats(*cotangent)).sum().backward();
    for (const auto& [name, tensor] : named)
      if (tensor.grad().defined()) answers.emplace_back(name, tensor.grad());
    rows.embeddings = model->embedding().index_select(0, rows.ids);
    answers.emplace_back("by_embeddings", output_of(rows));
  }
  write(out, answers);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) return 2;
  at::set_num_threads(1);
  answer(argv[1], argv[2], argv[3], argv[4]);
  return 0;
} catch (const std::exception& e) {
  std::printf("%s\n", e.what());
  return 1;
}
