// Dropout whose draws depend on a key and a step alone, so that a resumed run draws what an
// uninterrupted one would.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>

namespace assay::lm {

class Dropout {
 public:
  /// Begins switched off. A `p` outside [0, 1) is std::invalid_argument.
  Dropout(double p, uint64_t key);

  /// Switches it on; what it draws from here on depends on the key and `step` alone.
  void at_step(int64_t step);
  void off() { on_ = false; }

  /// Zero with probability p, x / (1 - p) otherwise; x itself while it is off.
  at::Tensor operator()(const at::Tensor& x);

 private:
  double p_;
  uint64_t key_;
  bool on_ = false;
  at::Generator stream_;
};

}  // namespace assay::lm
