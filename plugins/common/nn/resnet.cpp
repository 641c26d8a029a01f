// Residual networks (He et al. 2016): ResNet-18 with the stem of torchvision, and ResNet-50 with a
// 3x3 stem for small images, as the released code of both image papers has them.
//   B batch, C channels, H height, W width of the image, K classes; channels at width 1
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

namespace assay::nn {
namespace {

UnitConv2d convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1) {
  return UnitConv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(false));
}

/// relu(skip + f(x)), where f is two 3x3 convolutions (basic) or 1x1, 3x3, 1x1 (bottleneck). The
/// skip is the input itself, or a strided 1x1 convolution of it where the shape changes. `out` may
/// be less than the stage's width: then the first channels alone are computed.
struct ResidualImpl : torch::nn::Module {
  std::vector<UnitConv2d> conv;
  std::vector<torch::nn::BatchNorm2d> norm;
  UnitConv2d shortcut_conv{nullptr};
  torch::nn::BatchNorm2d shortcut_norm{nullptr};

  ResidualImpl(int64_t in, int64_t hidden, int64_t out, int64_t stride, bool bottleneck,
               bool reshapes) {
    if (bottleneck) {
      add(in, hidden, 1, 1);
      add(hidden, hidden, 3, stride);
      add(hidden, out, 1, 1);
    } else {
      add(in, hidden, 3, stride);
      add(hidden, out, 3, 1);
    }
    if (!reshapes) return;
    shortcut_conv = register_module("shortcut_conv", convolution(in, out, 1, stride));
    shortcut_norm = register_module("shortcut_norm", torch::nn::BatchNorm2d(out));
  }

  at::Tensor forward(const at::Tensor& x) {
    auto y = x;
    for (size_t i = 0; i < conv.size(); ++i) {
      y = normed(conv[i], norm[i], y);
      if (i + 1 < conv.size()) y = y.relu_();
    }
    const auto skip =
        shortcut_conv ? normed(shortcut_conv, shortcut_norm, x) : x.narrow(1, 0, y.size(1));
    return (y + skip).relu_();
  }

 private:
  void add(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
    const auto n = std::to_string(conv.size() + 1);
    conv.push_back(register_module("conv" + n, convolution(in, out, kernel, stride)));
    norm.push_back(register_module("norm" + n, torch::nn::BatchNorm2d(out)));
  }
};
TORCH_MODULE(Residual);

struct StemImpl : torch::nn::Module {  // 7x7 stride 2 and max-pooling, or 3x3
  UnitConv2d conv;
  torch::nn::BatchNorm2d norm;
  bool large;

  StemImpl(int64_t in, int64_t out, bool large_stem)
      : conv(register_module("conv",
                             large_stem ? convolution(in, out, 7, 2) : convolution(in, out, 3))),
        norm(register_module("norm", torch::nn::BatchNorm2d(out))),
        large(large_stem) {}
  at::Tensor forward(const at::Tensor& x) {
    const auto y = normed(conv, norm, x).relu_();
    return large ? at::max_pool2d(y, 3, 2, 1) : y;
  }
};
TORCH_MODULE(Stem);

struct ResNet final : Classifier {
  Stem stem{nullptr};
  std::vector<torch::nn::Sequential> layers;
  UnitLinear fc{nullptr};

  /// `blocks` residual blocks in each of four stages, of widths 64, 128, 256, 512 times 4 with
  /// bottlenecks.
  ResNet(const ClassifierConfig& c, std::array<int, 4> blocks, bool bottleneck, bool large_stem)
      : Classifier({"stem", "layer1", "layer2", "layer3", "layer4", "fc"}) {
    const int64_t expansion = bottleneck ? 4 : 1;
    int64_t in = c.scaled(64);
    stem = register_module("stem", Stem(c.image.channels, in, large_stem));
    for (int stage = 0; stage < 4; ++stage) {
      torch::nn::Sequential layer;
      const int64_t hidden = c.scaled(64 << stage), full = c.scaled((64 << stage) * expansion);
      const bool tied = stage == 1 || stage == 2;  // example_tied_segments
      for (int b = 0; b < blocks[static_cast<size_t>(stage)]; ++b) {
        const bool last = b + 1 == blocks[static_cast<size_t>(stage)];
        const int64_t stride = stage && b == 0 ? 2 : 1;
        const int64_t out = last && tied ? c.leaving((64 << stage) * expansion) : full;
        layer->push_back(
            Residual(in, hidden, out, stride, bottleneck, b == 0 && (stage || in != full)));
        in = out;
      }
      layers.push_back(register_module("layer" + std::to_string(stage + 1), layer));
    }
    fc = register_module("fc", UnitLinear(in, c.classes));
  }

  Flow run(size_t segment, Flow in) override {
    if (segment == 0) return {stem(in.x), {}};  // (B, C, H, W) -> (B, 64, H, W), or a quarter
    if (segment < 5) return {layers[segment - 1]->forward(in.x), {}};
    return {fc(in.x.mean({2, 3})), {}};  // (B, 512, ., .) -> (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_resnet18(const ClassifierConfig& config) {
  return std::make_shared<ResNet>(config, std::array{2, 2, 2, 2}, false, true);
}
std::shared_ptr<Classifier> make_resnet50(const ClassifierConfig& config) {
  return std::make_shared<ResNet>(config, std::array{3, 4, 6, 3}, true, false);
}

}  // namespace assay::nn
