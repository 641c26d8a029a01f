// Many perceptrons of one shape as one network: every product is over all of them at once.
//   R networks, B batch, D inputs, H hidden units, K classes, T test examples
#pragma once
#include "plugins/common/torch.hpp"

#include <vector>

namespace qqt {

/// logits = relu(x W1 + b1) W2 + b2, trained by plain gradient descent on the mean cross-entropy of
/// each network's own batch. What is judged is a running average of the weights.
class BatchedMlp {
 public:
  /// Starts network r with the weights of `seeds[r]`: normal with variance 1 / inputs of the layer,
  /// biases 0. `average` in (0, 1] is the weight of the newest weights.
  BatchedMlp(const std::vector<uint64_t>& seeds, int64_t inputs, int64_t hidden, int64_t classes,
             double rate, double average, at::Device device);

  /// One step of all networks: x (R, B, D), labels (R, B).
  void step(const at::Tensor& x, const at::Tensor& labels);

  /// Each network's share of wrong answers, with averaged weights, on the same examples x (T, D)
  /// with labels (T,); NaN for a network whose weights are no numbers any more.
  std::vector<double> errors(const at::Tensor& x, const at::Tensor& labels) const;

  /// Name and tensor of the weights and their averages: W1 (R, D, H), b1 (R, 1, H), W2 (R, H, K),
  /// b2 (R, 1, K).
  std::vector<std::pair<std::string, at::Tensor>> state() const;

 private:
  struct Weights {
    at::Tensor w1, b1, w2, b2;
  };
  double rate_, average_;
  Weights now_, mean_;
};

}  // namespace qqt
