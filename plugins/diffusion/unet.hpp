// The U-Net of improved-diffusion (Nichol and Dhariwal 2021), which the image experiments train:
// residual blocks on a ladder of resolutions, told the timestep, with attention where asked.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace diffusion {

struct UNetConfig {
  int64_t image_channels = 1, height = 64, width = 64;
  int64_t channels = 128;                   // C0, of the highest resolution
  std::vector<int64_t> mult{1, 2, 3, 4};    // of C0, a level each
  int64_t res_blocks = 2;                   // a level, on the way down
  std::vector<int64_t> attention_at{4, 8};  // factors by which the image is smaller
  int64_t heads = 4;                        // of attention
  bool scale_shift = true;  // the timestep scales and shifts norms; false: it is added before them
  double dropout = 0;
  bool learns_variance = false;  // twice the channels go out: eps, then the log-variance
  double timestep_scale = 1;     // of t: 1000 / T with improved-diffusion's rescale_timesteps
  /// Factor between the highest resolution and the lowest.
  int64_t reduction() const { return int64_t{1} << (mult.size() - 1); }
  int64_t out_channels() const { return image_channels * (learns_variance ? 2 : 1); }
};

/// std::invalid_argument, in one sentence, unless the images can be halved as often as `mult` says,
/// C0 is even, and the heads divide the channels wherever there is attention.
void check(const UNetConfig& config);

/// (B, C, H, W) images and (B,) timesteps -> (B, out_channels, H, W).
class UNet : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x, const at::Tensor& t) = 0;
};

/// Initialised as PyTorch does by default from LibTorch's default generator, but for the last
/// convolution of each block and of the network, which are 0. Calls `check`.
///
/// Deviation: where 32 groups do not divide the channels, GroupNorm has as many groups as the
/// greatest divisor up to 32: all channels below 32, 24 of 48.
std::shared_ptr<UNet> make_unet(const UNetConfig& config);

/// [cos, sin] of t times exp(-ln(10000) j / h), j < h = channels / 2: (B,) -> (B, channels).
at::Tensor timestep_embedding(const at::Tensor& t, int64_t channels);

}  // namespace diffusion
