#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/fake_quant.hpp"

#include <stdexcept>

namespace assay::lm {

const std::array<float, 16> kNormalFloat4{
    -1.0F,
    -0.6961928009986877F,
    -0.5250730514526367F,
    -0.39491748809814453F,
    -0.28444138169288635F,
    -0.18477343022823334F,
    -0.09105003625154495F,
    0.0F,
    0.07958029955625534F,
    0.16093020141124725F,
    0.24611230194568634F,
    0.33791524171829224F,
    0.44070982933044434F,
    0.5626170039176941F,
    0.7229568362236023F,
    1.0F,
};

namespace {

/// Blocks (n, block) -> the same, on the levels.
at::Tensor rounded(const at::Tensor& blocks, Quant quant) {
  const auto m = blocks.abs().amax({1}, /*keepdim=*/true);  // (n, 1)
  const auto divisor = at::where(m > 0, m, 1);
  if (quant == Quant::int4) {
    const auto step = divisor / 7;
    return at::round(blocks / step).clamp(-7, 7) * step;
  }
  const auto levels = at::tensor(at::ArrayRef<float>(kNormalFloat4), blocks.options());
  const auto between = (levels.narrow(0, 1, 15) + levels.narrow(0, 0, 15)) / 2;
  return levels.index({at::bucketize(blocks / divisor, between)}) * m;
}

/// The layer's weight on the levels, in the layout that the layer keeps it in.
at::Tensor rounded_weight(const Linear& linear, Quant quant, int64_t block) {
  const auto& w = linear->weight;
  return linear->transposed ? fake_quantised(w.t(), quant, block).t()
                            : fake_quantised(w, quant, block);
}

class FakeQuant final : public LinearForm {
 public:
  explicit FakeQuant(const FakeQuantOptions& options) : options_(options) {}

  at::Tensor apply(const Linear& linear, const at::Tensor& x) const override {
    const auto& w = linear->weight;
    // An optimiser may write a trained weight where no version counts it: round that every time.
    if (w.requires_grad() || !of_.is_same(w) || version_ != w._version() ||
        data_ != w.const_data_ptr()) {
      const at::NoGradGuard no_grad;
      rounded_ = rounded_weight(linear, options_.quant, options_.block);
      of_ = w.requires_grad() ? at::Tensor() : w;
      version_ = w._version();
      data_ = w.const_data_ptr();
    }
    const bool learns = options_.straight_through && w.requires_grad();
    const auto used = learns ? rounded_ + (w - w.detach()) : rounded_;  // + 0, with a gradient
    return at::linear(x, linear->transposed ? used.t() : used, linear->bias);
  }

 private:
  FakeQuantOptions options_;
  mutable at::Tensor of_, rounded_;  // the weight that was rounded, and what it became
  mutable int64_t version_ = -1;
  mutable const void* data_ = nullptr;
};

/// The chosen layers, each with a plain weight.
std::vector<Linear> plain_linears(const Model& model, const std::string& expression) {
  auto linears = chosen_linears(model, expression);
  for (const auto& linear : linears)
    if (linear->form || !linear->weight.defined())
      throw std::invalid_argument("the weight of " + linear->name +
                                  " is adapted, quantised or packed already");
  return linears;
}

void check_block(int64_t block) {
  if (block < 1)
    throw std::invalid_argument("a block of " + std::to_string(block) +
                                " weights cannot be quantised; it has at least 1");
}

}  // namespace

at::Tensor fake_quantised(const at::Tensor& weight, Quant quant, int64_t block) {
  check_block(block);
  const auto flat = weight.detach().to(at::kFloat).contiguous().view({-1});
  const int64_t whole = flat.numel() / block * block, rest = flat.numel() - whole;
  std::vector<at::Tensor> parts;
  if (whole) parts.push_back(rounded(flat.narrow(0, 0, whole).view({-1, block}), quant).view({-1}));
  if (rest) parts.push_back(rounded(flat.narrow(0, whole, rest).view({1, rest}), quant).view({-1}));
  if (parts.empty()) return weight.detach().clone();
  return at::cat(parts).view(weight.sizes()).to(weight.scalar_type());
}

void fake_quantise(const Model& model, const std::string& expression,
                   const FakeQuantOptions& options) {
  check_block(options.block);
  for (const auto& linear : plain_linears(model, expression))
    linear->form = std::make_shared<FakeQuant>(options);
}

void bake_quantised(const Model& model, const std::string& expression, Quant quant, int64_t block) {
  auto linears = chosen_linears(model, expression);
  for (const auto& linear : linears) {
    const bool fake = dynamic_cast<const FakeQuant*>(linear->form.get()) != nullptr;
    if (!linear->weight.defined() || (linear->form && !fake))
      throw std::invalid_argument("the weight of " + linear->name + " is adapted or packed");
  }
  const at::NoGradGuard no_grad;
  for (const auto& linear : linears) {
    linear->weight.set_data(rounded_weight(linear, quant, block).contiguous());
    linear->form = nullptr;
  }
}

}  // namespace assay::lm
