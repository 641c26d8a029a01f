#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/lora.hpp"
#include "plugins/common/lm/trainable.hpp"

#include <cmath>
#include <stdexcept>

namespace assay::lm {

class Lora::Adapter final : public LinearForm {
 public:
  Adapter(at::Tensor a, at::Tensor b, double scale, std::shared_ptr<Dropout> dropout,
          std::shared_ptr<LinearForm> base)
      : a_(std::move(a)),
        b_(std::move(b)),
        scale_(scale),
        dropout_(std::move(dropout)),
        base_(std::move(base)) {}

  at::Tensor apply(const Linear& linear, const at::Tensor& x) const override {
    const auto y = base_ ? base_->apply(linear, x) : linear.plain(x);    // (N, out)
    return y + scale_ * at::linear(at::linear((*dropout_)(x), a_), b_);  // (N, rank) between
  }
  at::Tensor product() const { return scale_ * at::matmul(b_, a_); }  // (out, in)
  const std::shared_ptr<LinearForm>& base() const { return base_; }

 private:
  at::Tensor a_, b_;
  double scale_;
  std::shared_ptr<Dropout> dropout_;
  std::shared_ptr<LinearForm> base_;
};

Lora::Lora(const Model& model, const std::string& expression, const LoraOptions& options,
           uint64_t key)
    : dropout_(std::make_shared<Dropout>(options.dropout, key)) {
  if (options.rank < 1)
    throw std::invalid_argument("a rank of " + std::to_string(options.rank) +
                                " adapts nothing; it is at least 1");
  const auto linears = chosen_linears(model, expression);
  for (const auto& linear : linears)
    if (!linear->weight.defined())
      throw std::invalid_argument("the weight of " + linear->name +
                                  " is packed; open the model with exact precision to adapt it");
  freeze(model);
  for (const auto& linear : linears) {
    const double bound = 1 / std::sqrt(static_cast<double>(linear->in));
    const auto name = "base_model.model." + linear->name;
    const auto like = linear->weight.options().requires_grad(false);
    auto a = at::empty({options.rank, linear->in}, like.device(at::kCPU))
                 .uniform_(-bound, bound, stream_of(key, name))
                 .to(like.device());
    auto b = at::zeros({linear->out, options.rank}, like);
    a.requires_grad_(true);
    b.requires_grad_(true);
    parameters_.emplace_back(name + ".lora_A.weight", a);
    parameters_.emplace_back(name + ".lora_B.weight", b);
    auto adapter = std::make_shared<Adapter>(
        a, b, options.alpha / static_cast<double>(options.rank), dropout_, linear->form);
    linear->form = adapter;
    adapted_.emplace_back(linear, std::move(adapter));
  }
}

void Lora::merge() {
  for (const auto& [linear, adapter] : adapted_)
    if (adapter->base())
      throw std::invalid_argument("the weight of " + linear->name +
                                  " is quantised: bake that before merging into it");
  const at::NoGradGuard no_grad;
  for (const auto& [linear, adapter] : adapted_) {
    const auto product = adapter->product();
    // New memory: the old may be a file's.
    linear->weight.set_data(linear->weight + (linear->transposed ? product.t() : product));
  }
  remove();
}

void Lora::remove() {
  for (const auto& [linear, adapter] : adapted_) linear->form = adapter->base();
  adapted_.clear();
}

}  // namespace assay::lm
