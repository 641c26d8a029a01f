#include "plugins/common/lm/elementwise.hpp"
#include "plugins/common/lm/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::lm {
namespace {

/// Grattafiori et al. 2024: slow turns are slowed further, by `factor`; fast ones stay; those in
/// between are blended.
at::Tensor llama3(const Rope& rope, const at::Tensor& frequency) {
  const auto turns = rope.original_context * frequency / (2 * std::numbers::pi);  // in the context
  const auto kept =
      ((turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)).clamp(0, 1);
  return frequency * (kept + (1 - kept) / rope.factor);
}

/// Peng et al. 2023, section 3.2: as llama3, but blended linearly in the dimension.
at::Tensor yarn(const Rope& rope, const at::Tensor& frequency) {
  const auto dims = static_cast<double>(rope.dims);
  const auto dimension = [&](double turns) {  // that turns so often within the original context
    return dims *
           std::log(static_cast<double>(rope.original_context) / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(rope.theta));
  };
  double low = dimension(rope.beta_fast), high = dimension(rope.beta_slow);
  if (rope.truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, dims - 1);
  if (low == high) high += 0.001;
  const auto slowed =
      ((at::arange(rope.dims / 2, frequency.options()) - low) / (high - low)).clamp(0, 1);
  return frequency * (1 - slowed + slowed / rope.factor);
}

/// Radians by which each pair of dimensions turns from one position to the next, (dims / 2,), in
/// float32 as the published models were trained.
at::Tensor frequencies(const Rope& rope) {
  const auto i = at::arange(0, rope.dims, 2, at::kFloat) / static_cast<double>(rope.dims);
  const auto frequency = at::pow(rope.theta, i).reciprocal();
  if (!rope.divisors.empty()) return frequency / at::tensor(rope.divisors, at::kFloat);
  if (rope.scaling == "linear") return frequency / rope.factor;
  if (rope.scaling == "llama3") return llama3(rope, frequency);
  if (rope.scaling == "yarn") return yarn(rope, frequency);
  return frequency;
}

at::Tensor rotated(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const int64_t half = cos.size(2), dims = 2 * half;
  const auto a = x.narrow(2, 0, half), b = x.narrow(2, half, half);  // (N, heads, dims / 2)
  const auto left = a * cos - b * sin, right = b * cos + a * sin;
  if (dims == x.size(2)) return at::cat({left, right}, 2);
  return at::cat({left, right, x.narrow(2, dims, x.size(2) - dims)}, 2);  // (N, heads, D)
}

/// The way back is the turn by the negative angle, without the zeros that narrowing would make.
class Rotation : public torch::autograd::Function<Rotation> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x,
                            const at::Tensor& cos, const at::Tensor& sin) {
    ctx->save_for_backward({cos, sin});
    return rotated(x, cos, sin);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list outer) {
    const auto saved = ctx->get_saved_variables();
    return {rotated(outer[0], saved[0], saved[1].neg()), {}, {}};
  }
};

}  // namespace

Turns turns(const Rope& rope, const at::Tensor& positions) {
  const auto angle =
      (positions.to(at::kFloat).unsqueeze(1) * frequencies(rope).to(positions.device()))
          .unsqueeze(1);  // (N, 1, dims / 2)
  // By float64, so that an angle's values do not depend on the loop that meets it.
  const auto exact = angle.to(at::kDouble);
  return {exact.cos().to(at::kFloat) * rope.attention_factor,
          exact.sin().to(at::kFloat) * rope.attention_factor};
}

at::Tensor rotate(const at::Tensor& x, const Turns& turns) {
  if (!at::GradMode::is_enabled() && x.is_cpu() && x.scalar_type() == at::kFloat)
    return rotate_rows(x, turns.cos, turns.sin);
  return x.requires_grad() && at::GradMode::is_enabled() ? Rotation::apply(x, turns.cos, turns.sin)
                                                         : rotated(x, turns.cos, turns.sin);
}

}  // namespace assay::lm
