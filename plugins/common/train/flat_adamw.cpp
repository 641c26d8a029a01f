#include "plugins/common/train/flat_adamw.hpp"

#include <stdexcept>

namespace assay::train {
namespace {

std::vector<Trained> all_of(torch::nn::Module& module) {
  std::vector<Trained> trained;
  for (const auto& p : module.parameters()) trained.push_back({p, true});
  return trained;
}

}  // namespace

FlatAdamW::FlatAdamW(torch::nn::Module& module, AdamW options)
    : FlatAdamW(all_of(module), options) {}

FlatAdamW::FlatAdamW(const std::vector<Trained>& trained, AdamW options) : options_(options) {
  if (trained.empty()) throw std::invalid_argument("no parameter is trained");
  const at::NoGradGuard no_grad;
  int64_t size = 0;
  for (const auto& t : trained) size += t.tensor.numel();
  const auto kind = trained[0].tensor.options().requires_grad(false);
  p_ = at::empty({size}, kind), m_ = at::zeros({size}, kind), v_ = at::zeros({size}, kind);

  int64_t at = 0;
  for (auto [tensor, decays] : trained) {
    const auto strides = at::empty_like(tensor).strides().vec();  // dense, in the tensor's order
    const auto place = [&](const at::Tensor& all) {
      return all.as_strided(tensor.sizes(), strides, at);
    };
    place(p_).copy_(tensor);
    tensor.set_data(place(p_));
    parts_.push_back({tensor, place(m_), place(v_), decays});
    at += tensor.numel();
  }
}

void FlatAdamW::zero_gradients() {
  for (auto& part : parts_) part.tensor.mutable_grad().reset();
}

at::Tensor FlatAdamW::gradient_norm() const {
  std::vector<at::Tensor> gradients;
  for (const auto& part : parts_)
    if (part.tensor.grad().defined()) gradients.push_back(part.tensor.grad());
  if (gradients.empty()) return at::zeros({}, p_.options());
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
}

void FlatAdamW::step(double rate, const at::Tensor& divisor) {
  const at::NoGradGuard no_grad;
  ++steps_;
  update(rate, true, divisor);
  update(rate, false, divisor);
}

void FlatAdamW::update(double rate, bool decays, const at::Tensor& divisor) {
  std::vector<at::Tensor> p, g, m, v;
  for (auto& part : parts_) {
    if (part.decays != decays || !part.tensor.grad().defined()) continue;
    p.push_back(part.tensor);
    g.push_back(part.tensor.grad());
    m.push_back(part.m);
    v.push_back(part.v);
  }
  if (p.empty()) return;
  const std::vector<at::Tensor> steps(
      p.size(), at::full({}, static_cast<double>(steps_), p_.options().dtype(at::kFloat)));
  at::_fused_adamw_(p, g, m, v, {}, steps, rate, options_.beta1, options_.beta2,
                    decays ? options_.weight_decay : 0, options_.epsilon, false, false,
                    divisor.defined() ? std::optional(divisor) : std::nullopt);
}

}  // namespace assay::train
