#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/tiny_clip.hpp"

#include <cmath>

namespace assay::nn {
namespace {

at::Tensor of_length_1(const at::Tensor& x) {
  return torch::nn::functional::normalize(x, torch::nn::functional::NormalizeFuncOptions().dim(1));
}

UnitConv2d halving(int64_t in, int64_t out, int64_t kernel) {
  return UnitConv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(2).padding(kernel / 2).bias(false));
}

}  // namespace

int64_t TinyClipConfig::scaled(int64_t units) const {
  return std::max<int64_t>(1, std::llround(static_cast<double>(units) * width));
}

TinyClip::TinyClip(const TinyClipConfig& c) {
  if (c.side < 8 || c.side % 8)
    throw std::invalid_argument("pictures of " + std::to_string(c.side) +
                                " pixels a side do not fit: they must be a multiple of 8");
  const int64_t a = c.scaled(32), b = c.scaled(48), d = c.scaled(64), hidden = c.scaled(128);
  const int64_t last = c.side / 8;
  conv1_ = register_module("conv1", halving(3, a, 5));
  norm1_ = register_module("norm1", torch::nn::BatchNorm2d(a));
  conv2_ = register_module("conv2", halving(a, b, 3));
  norm2_ = register_module("norm2", torch::nn::BatchNorm2d(b));
  conv3_ = register_module("conv3", halving(b, d, 3));
  norm3_ = register_module("norm3", torch::nn::BatchNorm2d(d));
  picture1_ = register_module("picture1", torch::nn::Linear(d * last * last, hidden));
  picture2_ = register_module("picture2", torch::nn::Linear(hidden, c.space));
  words_ = register_module("words", torch::nn::Embedding(c.vocabulary, d));
  caption1_ = register_module("caption1", torch::nn::Linear(d, hidden));
  caption2_ = register_module("caption2", torch::nn::Linear(hidden, c.space));
  log_scale = register_parameter("log_scale", at::full({}, std::log(1 / 0.07)));
  channels_last(*this);
}

at::Tensor TinyClip::pictures(const at::Tensor& x) {
  auto h = normed(conv1_, norm1_, x).relu_();  // (B, 32, S/2, S/2)
  h = normed(conv2_, norm2_, h).relu_();       // (B, 48, S/4, S/4)
  h = normed(conv3_, norm3_, h).relu_();       // (B, 64, S/8, S/8)
  h = picture1_(h.flatten(1)).relu_();         // (B, 128)
  return of_length_1(picture2_(h));            // (B, E)
}

at::Tensor TinyClip::captions(const at::Tensor& tokens) {
  auto h = words_(tokens).mean(1) * 2;  // (B, L, 64) -> (B, 64)
  h = caption1_(h).relu_();             // (B, 128)
  return of_length_1(caption2_(h));     // (B, E)
}

at::Tensor clip_loss(const at::Tensor& pictures, const at::Tensor& captions,
                     const at::Tensor& log_scale) {
  const auto z = log_scale.exp().clamp_max(100) * pictures.matmul(captions.t());  // (B, B)
  const auto own = at::arange(z.size(0), z.options().dtype(at::kLong));
  return (at::cross_entropy_loss(z, own) + at::cross_entropy_loss(z.t(), own)) / 2;
}

at::Tensor clip_pixels(const at::Tensor& bytes) {
  return bytes.permute({0, 3, 1, 2}).to(at::kFloat).div_(127.5).sub_(1);
}

}  // namespace assay::nn
