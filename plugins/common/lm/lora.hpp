// Low-rank adaptation (Hu et al. 2021) of chosen linear layers:
//   y = W x + b + (alpha / rank) B A d(x),   A (rank, in), B (out, rank), d dropout.
// A begins as U(-1 / sqrt(in), 1 / sqrt(in)), PEFT's Kaiming draw, and B as 0: a fresh adapter
// changes nothing.
#pragma once
#include "plugins/common/lm/dropout.hpp"
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

struct LoraOptions {
  int64_t rank = 8;
  double alpha = 16;
  double dropout = 0;
};

class Lora {
 public:
  /// Adapts the linear layers whose name `expression` matches (see choose.hpp) and freezes the
  /// model's own parameters. Over fake quantisation it adds to the quantised product.
  Lora(const Model& model, const std::string& expression, const LoraOptions& options, uint64_t key);

  /// A and B of each layer, as PEFT names them: base_model.model.NAME.lora_A.weight.
  const std::vector<std::pair<std::string, at::Tensor>>& parameters() const { return parameters_; }
  /// Off until a training step switches it on.
  Dropout& dropout() { return *dropout_; }

  /// W + (alpha / rank) B A becomes the weight, in the layout the layer keeps it in, and the layers
  /// are plain again. Over fake quantisation this is std::invalid_argument: bake that first.
  void merge();
  /// The layers compute what they did before they were adapted.
  void remove();

 private:
  class Adapter;
  std::vector<std::pair<Linear, std::shared_ptr<Adapter>>> adapted_;
  std::vector<std::pair<std::string, at::Tensor>> parameters_;
  std::shared_ptr<Dropout> dropout_;
};

}  // namespace assay::lm
