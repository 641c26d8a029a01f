// Feed-forward networks with every buffer allocated in advance: what a small network's training
// step costs on one core is then its matrix products and little else.
//
// An eager step of a small network spends most of its time outside arithmetic: in dispatch, in the
// autograd graph, in allocation, in reordering tensors for a convolution library, in an optimiser
// that walks over a list of tensors. A planned network keeps images (N, H, W, C), turns each
// convolution into one product with unfolded patches, and holds all parameters in one buffer, so
// that the optimiser is one pass. Its results equal those of the autograd network within rounding.
#pragma once
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/kernels.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace assay::nn {

/// One layer of a feed-forward network, in the order of the forward pass.
struct LayerSpec {
  enum Kind { convolution, linear } kind;
  std::string name;  // of the module whose weight and bias it has
  int64_t out = 0;   // channels or units
  int64_t kernel = 1, stride = 1, padding = 0;
  bool relu = false;  // applied to the output
};

/// The layers of `config`, if it is a small plain feed-forward network. LeNet is not: unfolding its
/// 5x5 convolutions costs more memory traffic than a convolution library (a step of 32 images, one
/// core: 21 ms planned, 15 ms through autograd).
std::optional<std::vector<LayerSpec>> layers_of(const ClassifierConfig& config);

class PlannedNet {
 public:
  /// Buffers for up to `capacity` images at once.
  PlannedNet(const ClassifierConfig& config, const std::vector<LayerSpec>& layers,
             int64_t capacity);
  ~PlannedNet();

  int64_t capacity() const { return capacity_; }
  /// All parameters and their gradients, each in one buffer with a private order.
  at::Tensor& parameters() { return parameters_; }
  at::Tensor& gradients() { return gradients_; }

  /// Copies parameters from or to the autograd network of the same configuration.
  void load(const torch::nn::Module& net);
  void store(torch::nn::Module& net) const;

  /// Logits (count, classes) of those at `index` among `images` (N, H, W, C), contiguous bytes that
  /// are scaled to `pixels` or floats as they are; count is at most the capacity. Valid until the
  /// next call.
  const float* forward(const at::Tensor& images, const PixelRange& pixels, const int64_t* index,
                       int64_t count);
  /// Where the gradient with respect to the logits of the last `forward` goes.
  float* logits_gradient();
  /// Fills `gradients()` from it.
  void backward();

 private:
  class Layer;
  class Convolution;
  class Linear;

  int64_t capacity_, image_size_, rows_ = 0;
  at::Tensor parameters_, gradients_;
  at::Tensor input_;  // (capacity, H, W, C)

  void gather(const at::Tensor& images, const PixelRange& pixels, const int64_t* index,
              int64_t count);
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace assay::nn
