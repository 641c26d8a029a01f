#include "plugins/common/lm/rope.hpp"

namespace assay::lm {

Turns turns(const Rope& rope, const at::Tensor& positions) {
  const auto i = at::arange(0, rope.dims, 2, at::kDouble);
  auto frequency = at::pow(rope.theta, -i / static_cast<double>(rope.dims));  // (dims / 2,)
  if (!rope.divisors.empty()) frequency = frequency / at::tensor(rope.divisors, at::kDouble);
  const auto angle =
      (positions.to(at::kFloat).unsqueeze(1) * frequency.to(positions.options().dtype(at::kFloat)))
          .unsqueeze(1);  // (N, 1, dims / 2)
  return {angle.cos(), angle.sin()};
}

at::Tensor rotate(const at::Tensor& x, const Turns& turns) {
  const int64_t half = turns.cos.size(2), dims = 2 * half;
  const auto a = x.narrow(2, 0, half), b = x.narrow(2, half, half);  // (N, heads, dims / 2)
  const auto left = a * turns.cos - b * turns.sin, right = b * turns.cos + a * turns.sin;
  if (dims == x.size(2)) return at::cat({left, right}, 2);
  return at::cat({left, right, x.narrow(2, dims, x.size(2) - dims)}, 2);  // (N, heads, D)
}

}  // namespace assay::lm
