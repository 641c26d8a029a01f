#include "plugins/common/nn/torchscript.hpp"
#include "plugins/diffusion/decoder.hpp"
#include "plugins/diffusion/network.hpp"
#include "plugins/diffusion/unet.hpp"

#include <functional>
#include <numeric>
#include <sstream>
#include <stdexcept>

namespace diffusion {
namespace {

struct TorchScript final : Network {
  torch::jit::Module module;

  explicit TorchScript(torch::jit::Module loaded) : module(std::move(loaded)) {
    assay::nn::adopt(*this, module);
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t) override {
    return module.forward({x.flatten(1), t.to(at::kLong)}).toTensor();
  }
  void train(bool on = true) override {
    Network::train(on);
    module.train(on);
  }
};

}  // namespace

int64_t NetworkConfig::features() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::shared_ptr<Network> make_network(const NetworkConfig& config) {
  if (config.net == "decoder") return std::make_shared<Decoder>(config);
  if (config.net == "unet") return make_unet(config);
  if (config.net == "torchscript") return make_torchscript(config);
  throw std::invalid_argument("there is no network \"" + config.net + "\"");
}

std::shared_ptr<Network> make_torchscript(const NetworkConfig& config) {
  auto net = std::make_shared<TorchScript>(assay::nn::parse_torchscript(config.torchscript, "net"));
  const auto text = [](int64_t n) { return std::to_string(n); };
  at::Tensor out;
  try {
    const at::NoGradGuard no_grad;
    net->eval();
    out = net->forward(at::zeros({2, config.features()}), at::zeros({2}));
  } catch (const std::exception&) {
    throw std::invalid_argument("the TorchScript module does not take x (n, " +
                                text(config.features()) + ") float32 and t (n,) int64");
  }
  if (out.sizes() != at::IntArrayRef({2, config.outputs()})) {
    std::ostringstream shape;
    shape << out.sizes();
    throw std::invalid_argument("the TorchScript module gives " + shape.str() +
                                " for two examples, but these data need [2, " +
                                text(config.outputs()) + "]");
  }
  return net;
}

std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& p : net.named_parameters()) all.emplace_back(p.key(), p.value());
  for (const auto& b : net.named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

}  // namespace diffusion
