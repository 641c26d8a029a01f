// LeNet as the authors of second-split forgetting use it: two 5x5 convolutions, each followed by
// max-pooling, and one hidden layer of 1024 units. Padding 1.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

#include <stdexcept>

namespace assay::nn {
namespace {

int64_t after_block(int64_t n) { return (n - 2) / 2; }  // 5x5 convolution, padding 1; pool by 2

struct LeNet final : Classifier {
  UnitConv2d conv1{nullptr}, conv2{nullptr};
  UnitLinear fc1{nullptr}, fc2{nullptr};

  explicit LeNet(const ClassifierConfig& c) : Classifier({"conv1", "conv2", "fc1", "fc2"}) {
    const auto padded = [](int64_t in, int64_t out) {
      return UnitConv2d(torch::nn::Conv2dOptions(in, out, 5).padding(1));
    };
    const int64_t h = after_block(after_block(c.image.height)),
                  w = after_block(after_block(c.image.width));
    if (h < 1 || w < 1) throw std::invalid_argument("lenet needs images of at least 10x10 pixels");
    conv1 = register_module("conv1", padded(c.image.channels, c.leaving(32)));
    conv2 = register_module("conv2", padded(c.leaving(32), c.leaving(64)));
    fc1 = register_module("fc1", UnitLinear(c.leaving(64) * h * w, c.leaving(1024)));
    fc2 = register_module("fc2", UnitLinear(c.leaving(1024), c.classes));
  }

  Flow run(size_t segment, Flow in) override {
    switch (segment) {
      case 0: return {at::max_pool2d(conv1(in.x).relu(), 2), {}};  // -> (B, 32, (H-2)/2, (W-2)/2)
      case 1: return {at::max_pool2d(conv2(in.x).relu(), 2), {}};  // (B, 64, ...)
      case 2: return {fc1(in.x.flatten(1)).relu(), {}};            // (B, U)
      default: return {fc2(in.x), {}};                             // (B, K)
    }
  }
};

}  // namespace

std::shared_ptr<Classifier> make_lenet(const ClassifierConfig& config) {
  return std::make_shared<LeNet>(config);
}

}  // namespace assay::nn
