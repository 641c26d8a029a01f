// y = x W^T + b in fp32 for inference, where every element is one chain of fused multiply-adds over
// k = 0, 1, ..: its bits depend neither on the other rows, nor on the number of threads, nor (where
// there is FMA) on the processor.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>

namespace assay::lm {

/// Whether the loops of inference compute this: no gradient is wanted, x is rows, (N, C), and all
/// is fp32 on the CPU.
bool infers(const at::Tensor& x, const at::Tensor& weight);
/// Whether, moreover, `product` is wanted.
bool has_own_product(const at::Tensor& x, const at::Tensor& weight);

/// While one lives, this thread's products are LibTorch's: faster by a tenth at hundreds of rows,
/// where a row's bits may depend on how many there are.
class PlainProducts {
 public:
  PlainProducts();
  ~PlainProducts();
  PlainProducts(const PlainProducts&) = delete;
  PlainProducts& operator=(const PlainProducts&) = delete;

 private:
  bool before_;
};

/// x (N, in), weight (out, in), or (in, out) if `transposed`, bias (out,) or undefined -> (N, out).
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, bool transposed,
                   const at::Tensor& bias);

}  // namespace assay::lm
