// Layers whose output units can be switched off one by one and example by example: what a search
// for the units that hold a memory needs.
//   B batch, U units: output channels of a convolution, or rows of a linear layer
#pragma once
#include "plugins/common/torch.hpp"

namespace assay::nn {

/// y_u = g_u (w_u . x) + b_u. With g_u = 0 the unit computes what it would with zero weights; the
/// derivative by g_u is sum over the unit's weights of w dJ/dw, without a gradient of any weight.
class Units {
 public:
  virtual ~Units() = default;
  virtual int64_t units() const = 0;

  /// g, (B, U) or (1, U); undefined: all units are on, at no cost.
  at::Tensor gate;

 protected:
  /// `y` with its units along `dim`, computed with `bias`, which the gate leaves alone.
  at::Tensor gated(const at::Tensor& y, const at::Tensor& bias, int64_t dim) const;
};

struct UnitConv2dImpl final : torch::nn::Conv2dImpl, Units {
  using torch::nn::Conv2dImpl::Conv2dImpl;
  at::Tensor forward(const at::Tensor& x) {
    return gated(torch::nn::Conv2dImpl::forward(x), bias, 1);  // (B, U, H, W)
  }
  int64_t units() const override { return weight.size(0); }
};
TORCH_MODULE(UnitConv2d);

struct UnitLinearImpl final : torch::nn::LinearImpl, Units {
  using torch::nn::LinearImpl::LinearImpl;
  at::Tensor forward(const at::Tensor& x) {
    return gated(torch::nn::LinearImpl::forward(x), bias, x.dim() - 1);  // (B, ..., U)
  }
  int64_t units() const override { return weight.size(0); }
};
TORCH_MODULE(UnitLinear);

/// norm(conv(x)). Evaluated without gradients and gates, it is one convolution, whose weights are
/// w gamma / sqrt(var + eps) and whose bias is beta - mean gamma / sqrt(var + eps).
at::Tensor normed(UnitConv2d& conv, torch::nn::BatchNorm2d& norm, const at::Tensor& x);

struct NamedUnits {
  std::string name;  // of the layer's weight
  Units* layer;
};
/// All such layers of a network, in the order of registration.
std::vector<NamedUnits> unit_layers(torch::nn::Module& net);

}  // namespace assay::nn
