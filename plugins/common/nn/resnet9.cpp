// ResNet-9 as the authors of second-split forgetting use it (their released code).
//   B batch, C channels, H height, W width of the image, K classes; channels at width 1
#include "plugins/common/nn/classifier.hpp"

#include <stdexcept>

namespace assay::nn {
namespace {

struct BlockImpl : torch::nn::Module {  // convolution without bias, batch norm, ReLU
  torch::nn::Conv2d conv;
  torch::nn::BatchNorm2d norm;

  BlockImpl(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding)
      : conv(register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                           .stride(stride)
                                                           .padding(padding)
                                                           .bias(false)))),
        norm(register_module("norm", torch::nn::BatchNorm2d(out))) {}
  at::Tensor forward(const at::Tensor& x) { return norm(conv(x)).relu_(); }
};
TORCH_MODULE(Block);

struct ResNet9 final : Classifier {
  Block stem, down, res1a, res1b, wide, res2a, res2b, last;
  torch::nn::Linear fc;

  explicit ResNet9(const ClassifierConfig& c)
      : stem(register_module("stem", Block(c.image.channels, c.scaled(64), 3, 1, 1))),
        down(register_module("down", Block(c.scaled(64), c.scaled(128), 5, 2, 2))),
        res1a(register_module("res1a", Block(c.scaled(128), c.scaled(128), 3, 1, 1))),
        res1b(register_module("res1b", Block(c.scaled(128), c.scaled(128), 3, 1, 1))),
        wide(register_module("wide", Block(c.scaled(128), c.scaled(256), 3, 1, 1))),
        res2a(register_module("res2a", Block(c.scaled(256), c.scaled(256), 3, 1, 1))),
        res2b(register_module("res2b", Block(c.scaled(256), c.scaled(256), 3, 1, 1))),
        last(register_module("last", Block(c.scaled(256), c.scaled(128), 3, 1, 0))),
        fc(register_module(
            "fc",
            torch::nn::Linear(torch::nn::LinearOptions(c.scaled(128), c.classes).bias(false)))) {
    if (std::min(c.image.height, c.image.width) < 11)
      throw std::invalid_argument("resnet9 needs images of at least 11x11 pixels");
  }

  at::Tensor forward(const at::Tensor& images) override {
    auto x = stem(images);     // (B, C, H, W) -> (B, 64, H, W)
    x = down(x);               // (B, 128, H/2, W/2)
    x = x + res1b(res1a(x));   // no ReLU after the sum
    x = wide(x);               // (B, 256, H/2, W/2)
    x = at::max_pool2d(x, 2);  // (B, 256, H/4, W/4)
    x = x + res2b(res2a(x));
    x = last(x);                                                     // (B, 128, H/4 - 2, W/4 - 2)
    x = std::get<0>(at::adaptive_max_pool2d(x, {1, 1})).flatten(1);  // (B, 128)
    return fc(x) * 0.2;                                              // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_resnet9(const ClassifierConfig& config) {
  return std::make_shared<ResNet9>(config);
}

}  // namespace assay::nn
