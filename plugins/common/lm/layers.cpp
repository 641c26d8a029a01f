#include "plugins/common/lm/elementwise.hpp"
#include "plugins/common/lm/gelu.hpp"
#include "plugins/common/lm/layers.hpp"
#include "plugins/common/lm/product.hpp"

#include <ATen/Parallel.h>

#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int64_t kGrain = 1 << 14;  // numbers that a thread is worth

/// gelu(x, "tanh") of float32 in contiguous memory on a CPU: its tanh is most of LibTorch's time.
class GeluTanh : public torch::autograd::Function<GeluTanh> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x) {
    ctx->save_for_backward({x});
    const auto y = at::empty_like(x);
    const float* from = x.const_data_ptr<float>();
    float* to = y.data_ptr<float>();
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t first, int64_t last) {
      gelu_tanh(from + first, last - first, to + first);
    });
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list outer) {
    const auto x = ctx->get_saved_variables()[0], dy = outer[0].contiguous();
    const auto dx = at::empty_like(x);
    const float *from = x.const_data_ptr<float>(), *by = dy.const_data_ptr<float>();
    float* to = dx.data_ptr<float>();
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t first, int64_t last) {
      gelu_tanh_gradient(from + first, by + first, last - first, to + first);
    });
    return {dx};
  }
};

at::Tensor gelu_new(const at::Tensor& x) {
  if (x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous()) return GeluTanh::apply(x);
  return at::gelu(x, "tanh");
}

}  // namespace

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

at::Tensor rows_at(const at::Tensor& table, const at::Tensor& indices, const std::string& what,
                   const std::string& of) {
  if (indices.numel()) {
    const auto [least, greatest] = at::aminmax(indices);
    const auto low = least.item<int64_t>(), high = greatest.item<int64_t>();
    if (low < 0 || high >= table.size(0))
      throw std::invalid_argument(what + " " + std::to_string(low < 0 ? low : high) +
                                  " is outside the model's " + of + ", which has rows 0 to " +
                                  std::to_string(table.size(0) - 1));
  }
  return at::embedding(table, indices);
}

at::Tensor activate(const std::string& activation, const at::Tensor& x) {
  if (infers(x, x))
    if (auto y = activate_rows(activation, x); y.defined()) return y;
  if (activation == "gelu") return at::gelu(x);
  if (activation == "gelu_new") return gelu_new(x);
  if (activation == "silu") return at::silu(x);
  if (activation == "relu") return at::relu(x);
  throw std::invalid_argument("no activation \"" + activation +
                              "\"; there are gelu, gelu_new, silu and relu");
}

}  // namespace assay::lm
