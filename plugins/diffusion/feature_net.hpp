// A small classifier of images whose last hidden layer serves as features (LeNet). For distances
// between sets of images where no larger network is at hand.
//   B batch, C channels, H height, W width, K classes
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace diffusion {

constexpr int64_t kFeatures = 128;

/// 5x5 convolutions of 16 and 32 channels, padding 2, each with ReLU and max-pooling by 2; a hidden
/// layer of kFeatures with ReLU; K outputs.
class FeatureNet : public torch::nn::Module {
 public:
  /// shape (C, H, W). std::invalid_argument if images are smaller than 4 x 4.
  FeatureNet(const std::vector<int64_t>& shape, int64_t classes);

  at::Tensor features(const at::Tensor& x);  // (B, C, H, W) -> (B, kFeatures)
  at::Tensor forward(const at::Tensor& x) { return out(features(x)); }  // -> (B, K)

 private:
  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear hidden, out;
};

/// Features of images (n, C, H, W), in batches of one size, on the CPU: (n, kFeatures).
at::Tensor features_of(FeatureNet& net, const at::Tensor& images, at::Device device);

/// A checkpoint of the format "diffusion_features": the shape, the classes and the weights.
void save_features(const assay::Job& job, const std::string& checkpoint, int64_t step,
                   const FeatureNet& net, const std::vector<int64_t>& shape, int64_t classes);
/// std::invalid_argument if the checkpoint is for images of another shape.
std::shared_ptr<FeatureNet> read_features(const assay::Reader& checkpoint,
                                          const std::vector<int64_t>& shape);

}  // namespace diffusion
