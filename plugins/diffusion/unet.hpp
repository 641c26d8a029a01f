// The U-Net of improved-diffusion (Nichol and Dhariwal 2021), which the image experiments train:
// residual blocks on a ladder of resolutions, told the timestep, with attention where asked.
#pragma once
#include "plugins/diffusion/network.hpp"

namespace diffusion {

/// std::invalid_argument, in one sentence, unless the examples are images (C, H, W) that can be
/// halved as often as `mult` says, C0 is even, and the heads divide the channels wherever there is
/// attention.
void check_unet(const NetworkConfig& config);

/// Initialised as PyTorch does by default from LibTorch's default generator, but for the last
/// convolution of each block and of the network, which are 0. Calls `check_unet`.
///
/// Deviation: where 32 groups do not divide the channels, GroupNorm has as many groups as the
/// greatest divisor up to 32: all channels below 32, 24 of 48.
std::shared_ptr<Network> make_unet(const NetworkConfig& config);

/// [cos, sin] of t times exp(-ln(10000) j / h), j < h = channels / 2: (B,) -> (B, channels).
at::Tensor timestep_embedding(const at::Tensor& t, int64_t channels);

}  // namespace diffusion
