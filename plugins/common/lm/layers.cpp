#include "plugins/common/lm/elementwise.hpp"
#include "plugins/common/lm/layers.hpp"
#include "plugins/common/lm/product.hpp"

#include <stdexcept>

namespace assay::lm {

at::Tensor Linear::plain(const at::Tensor& x) const {
  const State& s = *state_;
  if (has_own_product(x, s.weight)) return product(x, s.weight, s.transposed, s.bias);
  return at::linear(x, s.transposed ? s.weight.t() : s.weight, s.bias);
}

at::Tensor Linear::columns(const at::Tensor& x, int64_t first, int64_t count) const {
  const State& s = *state_;
  if (s.form) return s.form->columns(*this, x, first, count);
  const auto weight = s.weight.narrow(s.transposed ? 1 : 0, first, count);
  const auto bias = s.bias.defined() ? s.bias.narrow(0, first, count) : s.bias;
  if (has_own_product(x, weight)) return product(x, weight, s.transposed, bias);
  return at::linear(x, s.transposed ? weight.t() : weight, bias);
}

at::Tensor LinearForm::columns(const Linear& linear, const at::Tensor& x, int64_t first,
                               int64_t count) const {
  return apply(linear, x).narrow(1, first, count);
}

at::Tensor Norm::operator()(const at::Tensor& x) const {
  if (infers(x, weight))
    return rms ? rms_norm_rows(x, weight, eps) : layer_norm_rows(x, weight, bias, eps);
  const int64_t width = weight.size(0);
  return rms ? at::rms_norm(x, {width}, weight, eps)
             : at::layer_norm(x, {width}, weight, bias, eps);
}

at::Tensor activate(const std::string& activation, const at::Tensor& x) {
  if (infers(x, x))
    if (auto y = activate_rows(activation, x); y.defined()) return y;
  if (activation == "gelu") return at::gelu(x);
  if (activation == "gelu_new") return at::gelu(x, "tanh");
  if (activation == "silu") return at::silu(x);
  if (activation == "relu") return at::relu(x);
  throw std::invalid_argument("no activation \"" + activation +
                              "\"; there are gelu, gelu_new, silu and relu");
}

}  // namespace assay::lm
