// AdamW (Loshchilov and Hutter 2019) on many tensors as one vector: a step is one pass over
// contiguous memory, however many tensors there are, and its state is two vectors.
//   P numbers in all
#pragma once
#include "plugins/common/torch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace assay::train {

struct AdamW {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
};

/// A tensor that is trained, and whether its weights decay.
struct Trained {
  at::Tensor tensor;
  bool decays = true;
};

class FlatAdamW {
 public:
  /// Moves the tensors, all of one type and device, into one vector. They keep the layout in memory
  /// that they have, and are not moved to another device after.
  FlatAdamW(const std::vector<Trained>& trained, AdamW options);
  /// All parameters of a module; all decay.
  FlatAdamW(torch::nn::Module& module, AdamW options);

  /// Before a backward pass. A tensor that no backward pass reaches stays as it is.
  void zero_gradients();
  /// The Euclidean norm of all gradients together, a scalar.
  at::Tensor gradient_norm() const;

  /// With g the gradient / `divisor`, which is a float scalar or undefined (1):
  ///   m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2,
  ///   p = p (1 - rate decay) - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
  /// The gradients are divided in place.
  void step(double rate, const at::Tensor& divisor = {});

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  const at::Tensor& parameters() const { return p_; }
  /// p, m and v, (P,) each, by name; with `steps` they are all of its state.
  std::vector<std::pair<std::string, at::Tensor>> state() const {
    return {{"p", p_}, {"m", m_}, {"v", v_}};
  }

 private:
  /// A tensor, and its parts of the vectors.
  struct Part {
    at::Tensor tensor, m, v;
    bool decays;
  };
  void update(double rate, bool decays, const at::Tensor& divisor);

  AdamW options_;
  int64_t steps_ = 0;
  std::vector<Part> parts_;
  at::Tensor p_, m_, v_;  // (P,) each
};

}  // namespace assay::train
