// Two strided 3x3 convolutions and one hidden layer: trains in seconds on one core.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

namespace assay::nn {
namespace {

int64_t halved(int64_t n) { return (n + 1) / 2; }  // by a 3x3 convolution, stride 2, padding 1

struct CnnSmall final : Classifier {
  UnitConv2d conv1{nullptr}, conv2{nullptr};
  UnitLinear fc1{nullptr}, fc2{nullptr};

  explicit CnnSmall(const ClassifierConfig& c) : Classifier({"conv1", "conv2", "fc1", "fc2"}) {
    const auto strided = [](int64_t in, int64_t out) {
      return UnitConv2d(torch::nn::Conv2dOptions(in, out, 3).stride(2).padding(1));
    };
    const int64_t pixels = halved(halved(c.image.height)) * halved(halved(c.image.width));
    conv1 = register_module("conv1", strided(c.image.channels, c.leaving(16)));
    conv2 = register_module("conv2", strided(c.leaving(16), c.leaving(32)));
    fc1 = register_module("fc1", UnitLinear(c.leaving(32) * pixels, c.leaving(128)));
    fc2 = register_module("fc2", UnitLinear(c.leaving(128), c.classes));
  }

  Flow run(size_t segment, Flow in) override {
    switch (segment) {
      case 0: return {conv1(in.x).relu(), {}};           // (B, C, H, W) -> (B, 16, H/2, W/2)
      case 1: return {conv2(in.x).relu(), {}};           // (B, 32, H/4, W/4)
      case 2: return {fc1(in.x.flatten(1)).relu(), {}};  // (B, U)
      default: return {fc2(in.x), {}};                   // (B, K)
    }
  }
};

}  // namespace

std::shared_ptr<Classifier> make_cnn_small(const ClassifierConfig& config) {
  return std::make_shared<CnnSmall>(config);
}

}  // namespace assay::nn
