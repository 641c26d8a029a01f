#include "plugins/common/lm/layers.hpp"
#include "plugins/common/lm/product.hpp"

#include <stdexcept>

namespace assay::lm {

at::Tensor Linear::plain(const at::Tensor& x) const {
  const State& s = *state_;
  if (infers(x, s.weight)) return product(x, s.weight, s.transposed, s.bias);
  return at::linear(x, s.transposed ? s.weight.t() : s.weight, s.bias);
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  const int64_t width = weight.size(0);
  return rms ? at::rms_norm(x, {width}, weight, eps)
             : at::layer_norm(x, {width}, weight, bias, eps);
}

at::Tensor activate(const std::string& activation, const at::Tensor& x) {
  if (activation == "gelu") return at::gelu(x);
  if (activation == "gelu_new") return at::gelu(x, "tanh");
  if (activation == "silu") return at::silu(x);
  if (activation == "relu") return at::relu(x);
  throw std::invalid_argument("no activation \"" + activation +
                              "\"; there are gelu, gelu_new, silu and relu");
}

}  // namespace assay::lm
