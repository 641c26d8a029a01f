// LeNet as the authors of second-split forgetting use it: two 5x5 convolutions, each followed by
// max-pooling, and one hidden layer of 1024 units. Padding 1.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"

#include <stdexcept>

namespace assay::nn {
namespace {

int64_t after_block(int64_t n) { return (n - 2) / 2; }  // 5x5 convolution, padding 1; pool by 2

struct LeNet final : Classifier {
  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2;

  explicit LeNet(const ClassifierConfig& c)
      : conv1(nullptr), conv2(nullptr), fc1(nullptr), fc2(nullptr) {
    const auto padded = [](int64_t in, int64_t out) {
      return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 5).padding(1));
    };
    const int64_t h = after_block(after_block(c.image.height)),
                  w = after_block(after_block(c.image.width));
    if (h < 1 || w < 1) throw std::invalid_argument("lenet needs images of at least 10x10 pixels");
    conv1 = register_module("conv1", padded(c.image.channels, c.scaled(32)));
    conv2 = register_module("conv2", padded(c.scaled(32), c.scaled(64)));
    fc1 = register_module("fc1", torch::nn::Linear(c.scaled(64) * h * w, c.scaled(1024)));
    fc2 = register_module("fc2", torch::nn::Linear(c.scaled(1024), c.classes));
  }

  at::Tensor forward(const at::Tensor& images) override {
    auto x = conv1(images).relu();  // (B, C, H, W) -> (B, 32, H-2, W-2)
    x = at::max_pool2d(x, 2);       // (B, 32, (H-2)/2, (W-2)/2)
    x = conv2(x).relu();            // (B, 64, ...)
    x = at::max_pool2d(x, 2);
    x = x.flatten(1);
    x = fc1(x).relu();  // (B, U)
    return fc2(x);      // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_lenet(const ClassifierConfig& config) {
  return std::make_shared<LeNet>(config);
}

}  // namespace assay::nn
