// Two strided 3x3 convolutions and one hidden layer: trains in seconds on one core.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"

namespace assay::nn {
namespace {

int64_t halved(int64_t n) { return (n + 1) / 2; }  // by a 3x3 convolution, stride 2, padding 1

struct CnnSmall final : Classifier {
  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2;

  explicit CnnSmall(const ClassifierConfig& c)
      : conv1(nullptr), conv2(nullptr), fc1(nullptr), fc2(nullptr) {
    const auto strided = [](int64_t in, int64_t out) {
      return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1));
    };
    const int64_t pixels = halved(halved(c.image.height)) * halved(halved(c.image.width));
    conv1 = register_module("conv1", strided(c.image.channels, c.scaled(16)));
    conv2 = register_module("conv2", strided(c.scaled(16), c.scaled(32)));
    fc1 = register_module("fc1", torch::nn::Linear(c.scaled(32) * pixels, c.scaled(128)));
    fc2 = register_module("fc2", torch::nn::Linear(c.scaled(128), c.classes));
  }

  at::Tensor forward(const at::Tensor& images) override {
    auto x = conv1(images).relu();  // (B, C, H, W) -> (B, 16, H/2, W/2)
    x = conv2(x).relu();            // (B, 32, H/4, W/4)
    x = x.flatten(1);               // (B, 32*H/4*W/4)
    x = fc1(x).relu();              // (B, U)
    return fc2(x);                  // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_cnn_small(const ClassifierConfig& config) {
  return std::make_shared<CnnSmall>(config);
}

}  // namespace assay::nn
