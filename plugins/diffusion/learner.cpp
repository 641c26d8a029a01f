// Which implementation a network gets.
#include "plugins/diffusion/learner.hpp"

namespace diffusion {

std::unique_ptr<Learner> make_learner(const ModelConfig& config, std::shared_ptr<Network> network,
                                      at::Device device, Adam adam) {
  return make_autograd_learner(config, std::move(network), device, adam);
}

std::unique_ptr<Denoiser> make_denoiser(const ModelConfig& config, Network& network,
                                        at::Device device) {
  return make_network_denoiser(config, network, device);
}

}  // namespace diffusion
