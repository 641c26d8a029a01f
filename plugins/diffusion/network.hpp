// The networks that a diffusion model can have, behind one signature.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace diffusion {

/// What decides a network, apart from its weights. Letters: n examples, D numbers in each.
struct NetworkConfig {
  std::string net = "decoder";
  std::vector<int64_t> shape;     // of one example: (d) points, (C, H, W) images
  bool learned_variance = false;  // a log-variance comes out beside each number
  // The decoder.
  int64_t width = 128, layers = 3;  // F, even; L
  bool share_layers = true;         // one layer, applied L times, as the released code builds it
  bool in_bias = false;
  // The U-Net.
  int64_t channels = 128, res_blocks = 2, heads = 4;
  std::vector<int64_t> mult{1, 2, 3, 4}, attention_at{4, 8};
  bool scale_shift = true;
  double dropout = 0;

  std::string torchscript;  // the bytes of the saved module, if net is "torchscript"

  int64_t features() const;                                                           // D
  int64_t outputs() const { return learned_variance ? 2 * features() : features(); }  // O
};

/// A network maps x (n, shape...) and timesteps t (n,), as floats, to its prediction, flattened:
/// (n, O). With a learned variance the second half of a row is the log-variance.
class Network : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& t) = 0;
};

/// Initialised from LibTorch's default generator. std::invalid_argument if the configuration makes
/// no network for such examples: why, and what would.
std::shared_ptr<Network> make_network(const NetworkConfig& config);

/// A module of the user's own: forward(x (n, D) float32, t (n,) int64) -> (n, O).
std::shared_ptr<Network> make_torchscript(const NetworkConfig& config);

/// Name and tensor of everything a network has learned: parameters and buffers.
std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net);

}  // namespace diffusion
