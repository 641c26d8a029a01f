#include "plugins/common/lm/packed.hpp"
#include "plugins/common/lm/packed_weight.hpp"
#include "plugins/common/lm/product.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

namespace assay::lm {
namespace {

bool amx_wanted = true;
constexpr int64_t kAtOnce = 12;  // groups that are made floats of at a time

class Packed final : public LinearForm {
 public:
  explicit Packed(PackedWeight weight) : weight_(std::move(weight)) {}
  const PackedWeight& weight() const { return weight_; }

  at::Tensor apply(const Linear& linear, const at::Tensor& x) const override {
    return columns(linear, x, 0, weight_.out);
  }

  /// Whole groups are computed, of which `columns` is a part.
  at::Tensor columns(const Linear& linear, const at::Tensor& x, int64_t first,
                     int64_t count) const override {
    if (at::GradMode::is_enabled() && x.requires_grad())
      throw std::invalid_argument("the weight of " + linear->name +
                                  " is packed for inference and has no gradient");
    const auto rows = x.to(at::kFloat).contiguous();
    const int64_t from = first / kGroup, to = (first + count + kGroup - 1) / kGroup;
    const int64_t begin = from * kGroup, width = std::min(to * kGroup, weight_.out) - begin;
    const auto bias =
        linear->bias.defined() ? linear->bias.narrow(0, begin, width).contiguous() : linear->bias;
    const auto y = at::empty({rows.size(0), width}, rows.options());
    if (amx())
      by_amx(rows, from, to, bias, y);
    else
      by_floats(rows, from, to, bias, y);
    return begin == first && width == count ? y : y.narrow(1, first - begin, count);
  }

 private:
  void by_amx(const at::Tensor& x, int64_t from, int64_t to, const at::Tensor& bias,
              const at::Tensor& y) const {
    const auto split = split_rows(x);
    const float* b = bias.defined() ? bias.const_data_ptr<float>() : nullptr;
    float* out = y.mutable_data_ptr<float>();
    const int64_t pairs = (to - from + 1) / 2;
    at::parallel_for(0, pairs, std::max<int64_t>(1, pairs / 16), [&](int64_t p, int64_t q) {
      const int64_t first = from + 2 * p, last = std::min(from + 2 * q, to);
      const int64_t skip = 2 * p * kGroup;
      multiply_amx(weight_, split, x.size(0), first, last, b ? b + skip : nullptr, out + skip,
                   y.size(1));
    });
  }

  void by_floats(const at::Tensor& x, int64_t from, int64_t to, const at::Tensor& bias,
                 const at::Tensor& y) const {
    const int64_t pieces = (to - from + kAtOnce - 1) / kAtOnce;
    at::parallel_for(0, pieces, 1, [&](int64_t p, int64_t q) {
      const at::NoGradGuard no_grad;
      const auto floats = at::empty({kAtOnce * kGroup, weight_.in}, at::kFloat);
      for (int64_t g = from + p * kAtOnce; g < std::min(from + q * kAtOnce, to); g += kAtOnce) {
        const int64_t last = std::min(g + kAtOnce, to), skip = (g - from) * kGroup;
        const int64_t n = std::min(last * kGroup, weight_.out) - g * kGroup;
        unpack_groups(weight_, g, last, floats.mutable_data_ptr<float>());
        y.narrow(1, skip, n)
            .copy_(product(x, floats.narrow(0, 0, n), false,
                           bias.defined() ? bias.narrow(0, skip, n) : bias));
      }
    });
  }

  PackedWeight weight_;
};

}  // namespace

bool amx() { return amx_wanted && has_amx(); }
void set_amx(bool on) { amx_wanted = on; }

std::shared_ptr<LinearForm> packed(const at::Tensor& weight) {
  Arena arena;
  return std::make_shared<Packed>(pack_weight(weight, arena));
}

at::Tensor unpacked(const LinearForm& form) {
  const auto& weight = dynamic_cast<const Packed&>(form).weight();
  const auto floats = at::empty({weight.groups() * kGroup, weight.in}, at::kFloat);
  unpack_groups(weight, 0, weight.groups(), floats.mutable_data_ptr<float>());
  return floats.narrow(0, 0, weight.out);
}

void pack(Model& model) {
  if (!model.embedding().is_cpu())
    throw std::invalid_argument("fast models run on the CPU; this one is on " +
                                model.embedding().device().str());
  const at::NoGradGuard no_grad;
  Arena arena;
  const auto one = [&](const Linear& linear) {
    if (!linear || linear->form) return;
    const auto weight = linear->weight;
    linear->form =
        std::make_shared<Packed>(pack_weight(linear->transposed ? weight.t() : weight, arena));
    linear->weight = at::Tensor();
    if (!weight.is_same(model.embedding())) model.let_go(weight);
  };
  for (const auto& linear : model.linears()) one(linear);
  one(model.head());
}

}  // namespace assay::lm
