// A CLIP for small pictures and short captions: two encoders into one space (Radford et al. 2021),
// of a size that a laptop trains in half a minute.
//   B pairs, S side of a picture (a multiple of 8), L tokens of a caption, E dimensions of the
//   space
#pragma once
#include "plugins/common/nn/units.hpp"
#include "plugins/common/torch.hpp"

namespace assay::nn {

struct TinyClipConfig {
  int64_t side = 40, vocabulary = 25;
  double width = 1;  // multiplies every hidden width
  int64_t space = 64;

  int64_t scaled(int64_t units) const;  // at least 1
};

class TinyClip : public torch::nn::Module {
 public:
  explicit TinyClip(const TinyClipConfig& config);

  /// Pictures (B, 3, S, S), floats -> (B, E) of length 1. Evaluated without gradients, a
  /// normalisation is part of the convolution before it.
  at::Tensor pictures(const at::Tensor& x);
  /// Tokens (B, L), int64 -> (B, E) of length 1. Their order does not matter.
  at::Tensor captions(const at::Tensor& tokens);

  /// The logarithm of what cosines are multiplied by: begins at ln(1 / 0.07).
  at::Tensor log_scale;

 private:
  UnitConv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr};
  torch::nn::Linear picture1_{nullptr}, picture2_{nullptr}, caption1_{nullptr}, caption2_{nullptr};
  torch::nn::Embedding words_{nullptr};
};

/// CLIP's loss of B pairs: the mean of the cross-entropies over rows and over columns of
/// min(exp(log_scale), 100) pictures captions^T, whose diagonal is right.
at::Tensor clip_loss(const at::Tensor& pictures, const at::Tensor& captions,
                     const at::Tensor& log_scale);

/// Bytes (B, S, S, 3) as `pictures` takes them: (B, 3, S, S), floats in -1 .. 1, whose channels are
/// last in memory.
at::Tensor clip_pixels(const at::Tensor& bytes);

}  // namespace assay::nn
