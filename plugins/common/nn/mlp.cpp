// A perceptron with one hidden layer of 128 units.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"

namespace assay::nn {
namespace {

struct Mlp final : Classifier {
  torch::nn::Linear fc1, fc2;

  explicit Mlp(const ClassifierConfig& c)
      : fc1(register_module("fc1", torch::nn::Linear(c.image.size(), c.scaled(128)))),
        fc2(register_module("fc2", torch::nn::Linear(c.scaled(128), c.classes))) {}

  at::Tensor forward(const at::Tensor& images) override {
    auto x = images.flatten(1);  // (B, C, H, W) -> (B, C*H*W)
    x = fc1(x).relu();           // (B, U)
    return fc2(x);               // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_mlp(const ClassifierConfig& config) {
  return std::make_shared<Mlp>(config);
}

}  // namespace assay::nn
