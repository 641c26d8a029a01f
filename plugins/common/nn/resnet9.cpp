// ResNet-9 as the authors of second-split forgetting and of the localisation of memorisation use it
// (their released code); the segments are the nine groups of the latter.
//   B batch, C channels, H height, W width of the image, K classes; channels at width 1
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

#include <stdexcept>

namespace assay::nn {
namespace {

struct BlockImpl : torch::nn::Module {  // convolution without bias, batch norm, ReLU
  UnitConv2d conv;
  torch::nn::BatchNorm2d norm;

  BlockImpl(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding)
      : conv(register_module("conv", UnitConv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                    .stride(stride)
                                                    .padding(padding)
                                                    .bias(false)))),
        norm(register_module("norm", torch::nn::BatchNorm2d(out))) {}
  at::Tensor forward(const at::Tensor& x) { return normed(conv, norm, x).relu_(); }
};
TORCH_MODULE(Block);

struct ResNet9 final : Classifier {
  Block conv1, conv2, res1a, res1b, conv3, res2a, res2b, conv4;
  UnitLinear linear;

  explicit ResNet9(const ClassifierConfig& c)
      : Classifier(
            {"conv1", "conv2", "res1a", "res1b", "conv3", "res2a", "res2b", "conv4", "linear"}),
        conv1(register_module("conv1", Block(c.image.channels, c.leaving(64), 3, 1, 1))),
        conv2(register_module("conv2", Block(c.leaving(64), c.leaving(128), 5, 2, 2))),
        res1a(register_module("res1a", Block(c.leaving(128), c.scaled(128), 3, 1, 1))),
        res1b(register_module("res1b", Block(c.scaled(128), c.leaving(128), 3, 1, 1))),
        conv3(register_module("conv3", Block(c.leaving(128), c.leaving(256), 3, 1, 1))),
        res2a(register_module("res2a", Block(c.leaving(256), c.scaled(256), 3, 1, 1))),
        res2b(register_module("res2b", Block(c.scaled(256), c.leaving(256), 3, 1, 1))),
        conv4(register_module("conv4", Block(c.leaving(256), c.leaving(128), 3, 1, 0))),
        linear(register_module(
            "linear",
            UnitLinear(torch::nn::LinearOptions(c.leaving(128), c.classes).bias(false)))) {
    if (std::min(c.image.height, c.image.width) < 11)
      throw std::invalid_argument("resnet9 needs images of at least 11x11 pixels");
  }

  Flow run(size_t segment, Flow in) override {
    switch (segment) {
      case 0: return {conv1(in.x), {}};  // (B, C, H, W) -> (B, 64, H, W)
      case 1: return {conv2(in.x), {}};  // (B, 128, H/2, W/2)
      case 2: return {res1a(in.x), in.x};
      case 3: return {in.skip + res1b(in.x), {}};           // no ReLU after the sum
      case 4: return {at::max_pool2d(conv3(in.x), 2), {}};  // (B, 256, H/4, W/4)
      case 5: return {res2a(in.x), in.x};
      case 6: return {in.skip + res2b(in.x), {}};
      case 7: return {pooled(conv4(in.x)), {}};  // (B, 128, H/4 - 2, W/4 - 2) -> (B, 128)
      default: return {linear(in.x) * 0.2, {}};  // (B, K)
    }
  }

 private:
  static at::Tensor pooled(const at::Tensor& x) {
    return std::get<0>(at::adaptive_max_pool2d(x, {1, 1})).flatten(1);
  }
};

}  // namespace

std::shared_ptr<Classifier> make_resnet9(const ClassifierConfig& config) {
  return std::make_shared<ResNet9>(config);
}

}  // namespace assay::nn
