// What a model makes of given tokens, for tests in Python:
//
//   lm_probe MODEL REQUEST.safetensors ANSWER.safetensors
//   lm_probe MODEL                      prints the config.json that a new folder would get
//
// MODEL is a folder or a GGUF file.
//
// A request has "lengths" and "ids" (or "embeddings") of sequences one after another, and of these
//   layer    k: answered with "hidden", the states after k layers
//   columns  answered with "columns", those columns of the logits
//   loss     (N, V), weights of the logits, and hidden_loss (N, C), weights of "hidden": answered
//            with "grad.NAME" of every parameter, and "grad.embeddings" if those were given
//   steps    n: answered with "greedy", (sequences, n), the most probable continuations
// An answer always has "logits".
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <cstdio>
#include <cstring>
#include <exception>
#include <map>

using namespace assay;
using namespace assay::lm;

namespace {

using Tensors = std::map<std::string, at::Tensor>;

Tensors read_tensors(const std::string& path) {
  const weights::TensorFile file(path);
  Tensors tensors;
  for (const auto& entry : file.entries()) {
    const bool whole = entry.type == weights::Type::i64;
    auto tensor = at::empty(entry.shape, whole ? at::kLong : at::kFloat);
    if (whole)
      std::memcpy(tensor.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    else
      weights::to_float(entry, 0, entry.count(), tensor.mutable_data_ptr<float>());
    tensors[entry.name] = tensor;
  }
  return tensors;
}

void write_tensors(const std::string& path, Tensors tensors) {
  std::vector<weights::Entry> entries;
  for (auto& [name, tensor] : tensors) {
    tensor = tensor.detach().contiguous();
    const auto* bytes = static_cast<const uint8_t*>(tensor.const_data_ptr());
    entries.push_back(
        {.name = name,
         .type = tensor.scalar_type() == at::kLong ? weights::Type::i64 : weights::Type::f32,
         .shape = tensor.sizes().vec(),
         .bytes = {bytes, tensor.nbytes()}});
  }
  weights::write_safetensors(path, entries);
}

Rows rows_from(const Tensors& request) {
  Rows rows;
  std::vector<at::Tensor> positions;
  const auto& lengths = request.at("lengths");
  for (int64_t i = 0; i < lengths.size(0); ++i) {
    rows.lengths.push_back(lengths[i].item<int64_t>());
    positions.push_back(at::arange(rows.lengths.back(), at::kLong));
  }
  rows.positions = at::cat(positions);
  if (request.contains("ids")) rows.ids = request.at("ids");
  if (request.contains("types")) rows.types = request.at("types");
  if (request.contains("embeddings"))
    rows.embeddings = request.at("embeddings").clone().requires_grad_(true);
  return rows;
}

/// Each step computes all texts anew.
at::Tensor greedy(const Model& model, const Rows& rows, int64_t steps) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<int64_t>> texts;
  int64_t first = 0;
  for (const auto length : rows.lengths) {
    const auto ids = rows.ids.narrow(0, first, length);
    texts.emplace_back(ids.const_data_ptr<int64_t>(), ids.const_data_ptr<int64_t>() + length);
    first += length;
  }
  std::vector<at::Tensor> chosen;
  for (int64_t step = 0; step < steps; ++step) {
    const auto batch = rows_of(texts);
    Sequences attention(batch.lengths);
    const auto last = at::tensor(batch.lengths, at::kLong).cumsum(0) - 1;
    const auto hidden = model.hidden(batch, attention).index_select(0, last);
    chosen.push_back(model.logits(hidden).argmax(1));
    for (size_t i = 0; i < texts.size(); ++i)
      texts[i].push_back(chosen.back()[static_cast<int64_t>(i)].item<int64_t>());
  }
  return at::stack(chosen, 1);
}

Tensors answer(const Model& model, const Tensors& request) {
  const auto rows = rows_from(request);
  Sequences attention(rows.lengths);
  Tensors answer;
  const auto final = model.hidden(rows, attention);
  const auto logits = model.logits(final);
  answer["logits"] = logits;
  auto loss = at::zeros({});
  if (request.contains("layer")) {
    answer["hidden"] = model.hidden_at(request.at("layer").item<int64_t>(), rows, attention);
    if (request.contains("hidden_loss"))
      loss = loss + (answer["hidden"] * request.at("hidden_loss")).sum();
  }
  if (request.contains("columns")) answer["columns"] = model.logits(final, request.at("columns"));
  if (request.contains("steps"))
    answer["greedy"] = greedy(model, rows, request.at("steps").item<int64_t>());
  if (request.contains("loss")) {
    loss = loss + (logits * request.at("loss")).sum();
    loss.backward();
    for (const auto& [name, tensor] : model.parameters())
      answer["grad." + name] = tensor.grad().defined() ? tensor.grad() : at::zeros_like(tensor);
    if (rows.embeddings.defined()) answer["grad.embeddings"] = rows.embeddings.grad();
  }
  return answer;
}

}  // namespace

int main(int argc, char** argv) try {
  at::set_num_threads(1);
  const auto opened = open_model(argv[1]);
  const auto& model = *opened.model;
  if (argc == 2) {
    auto config = model.config();
    config.published.clear();
    std::fputs(to_json(config).c_str(), stdout);
    return 0;
  }
  for (const auto& [name, tensor] : model.parameters()) at::Tensor(tensor).requires_grad_(true);
  write_tensors(argv[3], answer(model, read_tensors(argv[2])));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "lm_probe: %s\n", e.what());
  return 1;
}
