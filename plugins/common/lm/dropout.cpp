#include "plugins/common/lm/dropout.hpp"
#include "plugins/common/lm/parameters.hpp"

#include <stdexcept>

namespace assay::lm {

Dropout::Dropout(double p, uint64_t key) : p_(p), key_(key) {
  if (!(p >= 0 && p < 1))
    throw std::invalid_argument("a dropout of " + std::to_string(p) +
                                " is not in [0, 1), the share of units that it leaves out");
}

void Dropout::at_step(int64_t step) {
  on_ = true;
  stream_ = stream_of(key_, "dropout of step " + std::to_string(step));
}

at::Tensor Dropout::operator()(const at::Tensor& x) {
  if (!on_ || p_ == 0) return x;
  // Drawn on the CPU, so that every device drops the same units.
  const auto kept = at::empty(x.sizes(), x.options().device(at::kCPU).requires_grad(false))
                        .bernoulli_(1 - p_, stream_);
  return x * kept.div_(1 - p_).to(x.device());
}

}  // namespace assay::lm
