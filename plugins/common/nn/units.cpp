#include "plugins/common/nn/units.hpp"

namespace assay::nn {

at::Tensor Units::gated(const at::Tensor& y, const at::Tensor& bias, int64_t dim) const {
  if (!gate.defined()) return y;
  std::vector<int64_t> shape(static_cast<size_t>(y.dim()), 1);  // (B or 1, 1, ..., U, ..., 1)
  shape[0] = gate.size(0);
  shape[static_cast<size_t>(dim)] = gate.size(1);
  const auto g = gate.view(shape);
  if (!bias.defined()) return y * g;
  shape[0] = 1;
  const auto b = bias.view(shape);
  return (y - b) * g + b;
}

at::Tensor normed(UnitConv2d& conv, torch::nn::BatchNorm2d& norm, const at::Tensor& x) {
  if (norm->is_training() || at::GradMode::is_enabled() || conv->gate.defined())
    return norm(conv(x));
  const auto& o = conv->options;
  const auto scale = norm->weight * (norm->running_var + norm->options.eps()).rsqrt();
  return torch::nn::functional::detail::conv2d(x, conv->weight * scale.view({-1, 1, 1, 1}),
                                               norm->bias - norm->running_mean * scale, o.stride(),
                                               o.padding(), o.dilation(), o.groups());
}

std::vector<NamedUnits> unit_layers(torch::nn::Module& net) {
  std::vector<NamedUnits> out;
  for (const auto& m : net.named_modules())
    if (auto* layer = dynamic_cast<Units*>(m.value().get()))
      out.push_back({m.key() + ".weight", layer});
  return out;
}

}  // namespace assay::nn
