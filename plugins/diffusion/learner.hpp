// A network under training: one step of Adam at a time.
#pragma once
#include "plugins/diffusion/model.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace diffusion {

/// n examples of D numbers at timesteps of their own, as a step sees them.
struct Batch {
  int64_t n = 0, D = 0;
  std::vector<int64_t> t;          // (n,)
  std::vector<float> x_t, target;  // (n, D)
  std::vector<float> losses;       // (n,), of the answers before the step
};

struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double average = 0;  // of the weights over the steps, w <- average w + (1 - average) p; 0: off
};

class Learner {
 public:
  virtual ~Learner() = default;
  /// Step `k`, counted from 1, towards a smaller mean loss of the batch; fills batch.losses.
  virtual void step(Batch& batch, const Objective& objective, double rate, int64_t k) = 0;

  /// All that a resumed run needs; the tensors are the learner's own.
  virtual Weights state() = 0;
  /// What a checkpoint of the model keeps, by published name: averaged where there is an average.
  virtual Weights weights() const = 0;
  virtual std::unique_ptr<Denoiser> denoiser() const = 0;
};

/// Trains `network`, which it takes over, on batches of n examples: the decoder on a CPU in its
/// fused form, any other one through autograd.
std::unique_ptr<Learner> make_learner(const ModelConfig& config, std::shared_ptr<Network> network,
                                      at::Device device, Adam adam);
/// The second kind, for tests that compare the two.
std::unique_ptr<Learner> make_autograd_learner(const ModelConfig& config,
                                               std::shared_ptr<Network> network, at::Device device,
                                               Adam adam);

}  // namespace diffusion
