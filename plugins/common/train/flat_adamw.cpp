#include "plugins/common/train/flat_adamw.hpp"

#include <cmath>

namespace assay::train {

FlatAdamW::FlatAdamW(torch::nn::Module& module, AdamW options) : options_(options) {
  const at::NoGradGuard no_grad;
  int64_t size = 0;
  for (const auto& p : module.parameters()) size += p.numel();
  const auto kind = module.parameters().at(0).options().requires_grad(false);
  p_ = at::zeros({size}, kind), gradient_ = at::zeros({size}, kind);
  m_ = at::zeros({size}, kind), v_ = at::zeros({size}, kind);

  int64_t at = 0;
  for (auto& p : module.parameters()) {
    const auto strides = at::empty_like(p).strides().vec();  // dense, in the order of p's own
    const auto place = p_.as_strided(p.sizes(), strides, at);
    place.copy_(p);
    p.set_data(place);
    p.mutable_grad() = gradient_.as_strided(p.sizes(), strides, at);
    at += p.numel();
  }
}

void FlatAdamW::step(double rate) {
  const at::NoGradGuard no_grad;
  const auto t = static_cast<double>(++steps_);
  m_.lerp_(gradient_, 1 - options_.beta1);
  v_.mul_(options_.beta2).addcmul_(gradient_, gradient_, 1 - options_.beta2);
  const double correction = std::sqrt(1 - std::pow(options_.beta2, t));
  const auto scale = v_.sqrt().div_(correction).add_(options_.epsilon);
  p_.mul_(1 - rate * options_.weight_decay);
  p_.addcdiv_(m_, scale, -rate / (1 - std::pow(options_.beta1, t)));
}

}  // namespace assay::train
