// The network of the 1D and 2D experiments (the released code's `Decoder`), as a LibTorch module:
// the definition, which the fused implementation has to equal. F = width, O outputs:
//   tau = leaky(W_t e(t) + b_t),  o = W_in x,
//   L times:  u = W_1 leaky(LN_1(o)) + W_e tau + b_e,  o = W_2 leaky(LN_2(u)) + o,
//   answer  W_out LN_out(o) + b_out.
// The released code builds one layer and applies it L times (share_layers). In 1D, LN_1(W_in x)
// depends on the sign of x alone: magnitude reaches the answer through the residual path.
#pragma once
#include "plugins/diffusion/network.hpp"

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace diffusion {

constexpr double kSlope = 0.02;        // of the leaky ReLU
constexpr double kNormEpsilon = 1e-5;  // of the layer norms

/// omega_j = exp(-j ln(10000) / (F/2 - 1)), j = 0 .. F/2-1.
std::vector<double> time_frequencies(int64_t width);
/// e(t) = [sin(t omega_0) .., cos(t omega_0) ..] of t (n,), (n, F) float; worked out in double.
at::Tensor time_embedding(const at::Tensor& t, int64_t width);

struct TemporalLayer : torch::nn::Module {
  TemporalLayer(int64_t width);
  /// o (n, F), tau (n, F) -> o (n, F)
  at::Tensor forward(const at::Tensor& o, const at::Tensor& tau);
  torch::nn::LayerNorm norm1, norm2;
  torch::nn::Linear fc1, fc2, enc;
};

struct Decoder final : Network {
  /// Matrices Xavier-uniform, biases 0. std::invalid_argument unless the width is even and >= 4
  /// and the examples are points.
  explicit Decoder(const NetworkConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& t) override;

  int64_t width, layers;
  torch::nn::Linear in_fc;
  torch::nn::ModuleList temp_fc;  // one layer if shared
  torch::nn::LayerNorm out_norm;
  torch::nn::Linear out_fc;
  torch::nn::Sequential t_proj;
};

}  // namespace diffusion
