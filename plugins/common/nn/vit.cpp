// A vision transformer for small data sets (Lee, Lee and Song 2021, "Vision Transformer for
// Small-Size Datasets"; the dimensions of the localisation paper's released code): tokens from
// shifted patches, and attention with a learned temperature that a token does not pay to itself.
//   B batch, C channels, H height, W width of the image, P patch, N patches, D width of a token,
//   A heads, E width of a head, K classes
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

namespace assay::nn {
namespace {

constexpr int64_t kPatch = 2, kHeads = 8, kDepth = 6;
constexpr double kDropout = 0.1;

/// The image and its shifts by one pixel, cut into patches, as tokens, with a class token in front.
struct PatchEmbeddingImpl : torch::nn::Module {
  torch::nn::LayerNorm norm{nullptr};
  UnitLinear project{nullptr};
  torch::nn::Dropout dropout{nullptr};
  at::Tensor class_token, position;

  PatchEmbeddingImpl(const ImageShape& image, int64_t dim) {
    const int64_t patches = (image.height / kPatch) * (image.width / kPatch);
    const int64_t size = 5 * image.channels * kPatch * kPatch;
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({size})));
    project = register_module("project", UnitLinear(size, dim));
    dropout = register_module("dropout", torch::nn::Dropout(kDropout));
    class_token = register_parameter("class_token", at::randn({1, 1, dim}));
    position = register_parameter("position", at::randn({1, patches + 1, dim}));
  }
  at::Tensor forward(const at::Tensor& images) {
    const auto shifted = [&](int64_t dx, int64_t dy) {
      return at::constant_pad_nd(images, {dx, -dx, dy, -dy});
    };
    auto x = at::cat({images, shifted(1, 0), shifted(-1, 0), shifted(0, 1), shifted(0, -1)}, 1);
    x = x.unfold(2, kPatch, kPatch).unfold(3, kPatch, kPatch);   // (B, 5C, H/P, W/P, P, P)
    x = x.permute({0, 2, 3, 4, 5, 1}).flatten(3).flatten(1, 2);  // (B, N, 5CPP)
    x = project(norm(x));                                        // (B, N, D)
    x = at::cat({class_token.expand({x.size(0), 1, x.size(2)}), x}, 1) + position;
    return dropout(x);  // (B, N + 1, D)
  }
};
TORCH_MODULE(PatchEmbedding);

struct AttentionImpl : torch::nn::Module {
  torch::nn::LayerNorm norm{nullptr};
  UnitLinear qkv{nullptr}, out{nullptr};
  torch::nn::Dropout dropout{nullptr};
  at::Tensor log_temperature;  // added to the logits' scale, as exp

  AttentionImpl(int64_t dim, int64_t head) {
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim})));
    qkv = register_module("qkv",
                          UnitLinear(torch::nn::LinearOptions(dim, 3 * kHeads * head).bias(false)));
    out = register_module("out", UnitLinear(kHeads * head, dim));
    dropout = register_module("dropout", torch::nn::Dropout(kDropout));
    log_temperature = register_parameter("log_temperature",
                                         at::full({}, -0.5 * std::log(static_cast<double>(head))));
  }
  at::Tensor forward(const at::Tensor& x) {
    const auto parts = qkv(norm(x)).chunk(3, -1);
    const auto heads = [](const at::Tensor& t) {  // (B, N, AE) -> (B, A, N, E)
      return t.unflatten(2, {kHeads, -1}).transpose(1, 2);
    };
    auto scores = at::matmul(heads(parts[0]), heads(parts[1]).transpose(2, 3));  // (B, A, N, N)
    const auto self = at::eye(scores.size(2), scores.options().dtype(at::kBool));
    scores = (scores * log_temperature.exp()).masked_fill(self, -std::numeric_limits<float>::max());
    const auto y = at::matmul(dropout(scores.softmax(-1)), heads(parts[2]));  // (B, A, N, E)
    return dropout(out(y.transpose(1, 2).flatten(2)));                        // (B, N, D)
  }
};
TORCH_MODULE(Attention);

struct EncoderBlockImpl : torch::nn::Module {
  Attention attention{nullptr};
  torch::nn::LayerNorm norm{nullptr};
  UnitLinear fc1{nullptr}, fc2{nullptr};
  torch::nn::Dropout dropout{nullptr};

  EncoderBlockImpl(int64_t dim, int64_t head, int64_t hidden) {
    attention = register_module("attention", Attention(dim, head));
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim})));
    fc1 = register_module("fc1", UnitLinear(dim, hidden));
    fc2 = register_module("fc2", UnitLinear(hidden, dim));
    dropout = register_module("dropout", torch::nn::Dropout(kDropout));
  }
  at::Tensor forward(const at::Tensor& in) {
    const auto x = in + attention(in);
    return x + dropout(fc2(dropout(at::gelu(fc1(norm(x))))));
  }
};
TORCH_MODULE(EncoderBlock);

struct HeadImpl : torch::nn::Module {
  torch::nn::LayerNorm norm{nullptr};
  UnitLinear fc{nullptr};
  HeadImpl(int64_t dim, int64_t classes) {
    norm = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim})));
    fc = register_module("fc", UnitLinear(dim, classes));
  }
  at::Tensor forward(const at::Tensor& x) { return fc(norm(x.select(1, 0))); }  // class token
};
TORCH_MODULE(Head);

struct VisionTransformer final : Classifier {
  PatchEmbedding patch{nullptr};
  std::vector<EncoderBlock> blocks;
  Head head{nullptr};

  explicit VisionTransformer(const ClassifierConfig& c)
      : Classifier({"patch", "block1", "block2", "block3", "block4", "block5", "block6", "head"}) {
    if (c.image.height % kPatch || c.image.width % kPatch)
      throw std::invalid_argument("vit needs images with even height and width");
    const int64_t dim = c.scaled(512);
    patch = register_module("patch", PatchEmbedding(c.image, dim));
    for (int64_t i = 1; i <= kDepth; ++i)
      blocks.push_back(register_module("block" + std::to_string(i),
                                       EncoderBlock(dim, c.scaled(64), c.scaled(512))));
    head = register_module("head", Head(dim, c.classes));
  }

  Flow run(size_t segment, Flow in) override {
    if (segment == 0) return {patch(in.x), {}};  // (B, C, H, W) -> (B, N + 1, D)
    if (segment <= blocks.size()) return {blocks[segment - 1](in.x), {}};
    return {head(in.x), {}};  // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_vit(const ClassifierConfig& config) {
  return std::make_shared<VisionTransformer>(config);
}

}  // namespace assay::nn
