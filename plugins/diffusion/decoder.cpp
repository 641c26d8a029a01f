#include "plugins/diffusion/decoder.hpp"

#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {

torch::nn::Linear linear(int64_t in, int64_t out, bool bias) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(bias));
}

torch::nn::LayerNorm layer_norm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(kNormEpsilon));
}

at::Tensor leaky(const at::Tensor& x) { return at::leaky_relu(x, kSlope); }

int64_t checked_width(const NetworkConfig& config) {
  if (config.width < 4 || config.width % 2)
    throw std::invalid_argument("width is " + std::to_string(config.width) +
                                ", but half of it are sines and half cosines of the timestep: "
                                "it must be even and at least 4");
  if (config.shape.size() != 1)
    throw std::invalid_argument("net = \"decoder\" takes points, but the data are images");
  return config.width;
}

}  // namespace

std::vector<double> time_frequencies(int64_t width) {
  std::vector<double> omega;
  for (int64_t j = 0; j < width / 2; ++j)
    omega.push_back(
        std::exp(-static_cast<double>(j) * std::log(10000.0) / static_cast<double>(width / 2 - 1)));
  return omega;
}

at::Tensor time_embedding(const at::Tensor& t, int64_t width) {
  const auto omega = at::tensor(time_frequencies(width), at::kDouble).to(t.device());
  const auto angle = t.to(at::kDouble).unsqueeze(1) * omega;     // (n, F / 2)
  return at::cat({angle.sin(), angle.cos()}, 1).to(at::kFloat);  // (n, F)
}

TemporalLayer::TemporalLayer(int64_t width)
    : norm1(register_module("norm1", layer_norm(width))),
      norm2(register_module("norm2", layer_norm(width))),
      fc1(register_module("fc1", linear(width, width, false))),
      fc2(register_module("fc2", linear(width, width, false))),
      enc(register_module("enc", linear(width, width, true))) {}

at::Tensor TemporalLayer::forward(const at::Tensor& o, const at::Tensor& tau) {
  const auto u = fc1(leaky(norm1(o))) + enc(tau);  // (n, F)
  return fc2(leaky(norm2(u))) + o;
}

Decoder::Decoder(const NetworkConfig& c)
    : width(checked_width(c)),
      layers(c.layers),
      in_fc(register_module("in_fc", linear(c.features(), width, c.in_bias))),
      temp_fc(register_module("temp_fc", torch::nn::ModuleList())),
      out_norm(register_module("out_norm", layer_norm(width))),
      out_fc(register_module("out_fc", linear(width, c.outputs(), true))),
      t_proj(register_module("t_proj", torch::nn::Sequential(linear(width, width, true)))) {
  for (int64_t l = 0; l < (c.share_layers ? 1 : layers); ++l)
    temp_fc->push_back(std::make_shared<TemporalLayer>(width));
  for (auto& p : named_parameters()) {
    if (p.value().dim() == 2)
      torch::nn::init::xavier_uniform_(p.value());
    else if (p.key().ends_with("bias"))
      torch::nn::init::zeros_(p.value());
  }
}

at::Tensor Decoder::forward(const at::Tensor& x, const at::Tensor& t) {
  const auto tau = leaky(t_proj->forward(time_embedding(t, width)));  // (n, F)
  auto o = in_fc(x);                                                  // (n, D) -> (n, F)
  for (int64_t l = 0; l < layers; ++l)
    o = temp_fc[static_cast<size_t>(l) % temp_fc->size()]->as<TemporalLayer>()->forward(o, tau);
  return out_fc(out_norm(o));  // (n, F) -> (n, O)
}

}  // namespace diffusion
