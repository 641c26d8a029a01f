// A tiny CLIP under training.
//   N pairs, S side of a picture, B pairs of a step, E dimensions of the common space
#pragma once
#include "plugins/common/nn/tiny_clip.hpp"
#include "plugins/common/train/flat_adamw.hpp"

#include <memory>

namespace qqt {

/// Captioned pictures, on the device that trains.
struct PairTensors {
  at::Tensor pictures;  // (N, S, S, 3), bytes
  at::Tensor tokens;    // (N, 5), int64
};

class ClipTrainer {
 public:
  /// Begins with LibTorch's default weights under this seed.
  ClipTrainer(const assay::nn::TinyClipConfig& config, uint64_t seed, double weight_decay,
              at::Device device);

  /// One step of AdamW on the pairs at `index` (B,). Returns the loss before it.
  at::Tensor step(const PairTensors& data, const at::Tensor& index, double rate);

  /// Embeddings (N, E) of pictures (N, 3, S, S), floats, and of captions; with running statistics,
  /// without gradients.
  at::Tensor pictures(const at::Tensor& x);
  at::Tensor captions(const at::Tensor& tokens);

  /// All tensors that a resumed run needs, by name; with `set_steps` they are all there is.
  std::vector<std::pair<std::string, at::Tensor>> state() const;
  void set_steps(int64_t steps) { adamw_.set_steps(steps); }

 private:
  std::shared_ptr<assay::nn::TinyClip> net_;
  assay::train::FlatAdamW adamw_;
};

}  // namespace qqt
