#include "plugins/common/lm/model.hpp"

#include <stdexcept>

namespace assay::lm {

Rows rows_of(const std::vector<std::vector<int64_t>>& sequences, at::Device device) {
  std::vector<int64_t> ids, positions;
  Rows rows;
  for (const auto& sequence : sequences) {
    rows.lengths.push_back(static_cast<int64_t>(sequence.size()));
    for (size_t t = 0; t < sequence.size(); ++t) {
      ids.push_back(sequence[t]);
      positions.push_back(static_cast<int64_t>(t));
    }
  }
  rows.ids = at::tensor(ids, at::kLong).to(device);
  rows.positions = at::tensor(positions, at::kLong).to(device);
  return rows;
}

at::Tensor Model::hidden(const Rows& rows, Attention& attention) const {
  return finish(hidden_at(config_.layers, rows, attention));
}

at::Tensor Model::hidden_at(int64_t layers, const Rows& rows, Attention& attention) const {
  if (layers < 0 || layers > config_.layers)
    throw std::invalid_argument("there are no hidden states at layer " + std::to_string(layers) +
                                " of a model with " + std::to_string(config_.layers) + " layers");
  Pass pass{rows, attention, {}};
  auto x = embed(pass);  // (N, C)
  for (int64_t l = 0; l < layers; ++l) x = layer(l, x, pass);
  return x;
}

void Model::let_go(const at::Tensor& parameter) {
  for (auto& [name, tensor] : parameters_.list)
    if (tensor.is_same(parameter)) {
      tensor.reset();
      return;
    }
}

const Linear& Model::present_head() const {
  if (head_) return head_;
  throw std::invalid_argument("these weights of the architecture \"" + config_.architecture +
                              "\" have no language-model head, so there are no logits");
}

at::Tensor Model::logits(const at::Tensor& hidden) const {
  return present_head()(transform(hidden));
}

at::Tensor Model::logits(const at::Tensor& hidden, int64_t first, int64_t count) const {
  return present_head().columns(transform(hidden), first, count);
}

at::Tensor Model::logits(const at::Tensor& hidden, const at::Tensor& columns) const {
  const auto& head = present_head();
  if (head->form) return head(transform(hidden)).index_select(1, columns);
  const auto bias = head->bias.defined() ? head->bias.index_select(0, columns) : at::Tensor();
  return at::linear(transform(hidden), head->weight.index_select(0, columns), bias);
}

at::Tensor Model::looked_up(const Rows& rows) const {
  return rows.embeddings.defined() ? rows.embeddings
                                   : rows_at(embedding_, rows.ids, "token id", "embedding");
}

void move(const Model& model, at::Device device) {
  for (const auto& [name, tensor] : model.parameters())
    if (!tensor.defined() && !device.is_cpu())
      throw std::invalid_argument("the parameter \"" + name +
                                  "\" is packed, and packed models run on the CPU");
  for (const auto& [name, tensor] : model.parameters())
    if (tensor.defined() && tensor.device() != device) tensor.set_data(tensor.to(device));
}

}  // namespace assay::lm
