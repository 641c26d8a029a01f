// AdamW (Loshchilov and Hutter 2019) on all parameters of a module as one vector: a step is a few
// passes over contiguous memory, however many tensors the module has, and its state is two vectors.
//   P parameters of the module
#pragma once
#include "plugins/common/torch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace assay::train {

struct AdamW {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
};

class FlatAdamW {
 public:
  /// Moves the module's parameters into one vector, and their gradients into another. Parameters
  /// keep the layout in memory that they have. The module is not moved to another device after.
  FlatAdamW(torch::nn::Module& module, AdamW options);

  /// Before a backward pass.
  void zero_gradients() { gradient_.zero_(); }

  ///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
  ///   p = p (1 - rate decay) - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
  void step(double rate);

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  const at::Tensor& parameters() const { return p_; }
  /// p, m and v, (P,) each, by name; with `steps` they are all of its state.
  std::vector<std::pair<std::string, at::Tensor>> state() const {
    return {{"p", p_}, {"m", m_}, {"v", v_}};
  }

 private:
  AdamW options_;
  int64_t steps_ = 0;
  at::Tensor p_, gradient_, m_, v_;  // (P,) each
};

}  // namespace assay::train
