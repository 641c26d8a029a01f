// What a sampler asks of a model, be it a network, a table or the exact mixture: the noise that it
// believes to be in x_t.
#pragma once
#include <cstdint>

namespace diffusion {

class Denoiser {
 public:
  virtual ~Denoiser() = default;
  /// Numbers of one example, D.
  virtual int64_t features() const = 0;
  /// eps (n, D) of x (n, D), all at timestep t of the training chain. Row i of the answer depends
  /// on row i of x alone, to the bit.
  virtual void eps(const float* x, int64_t n, int64_t t, float* eps) = 0;
  /// Whether the model learned a variance too.
  virtual bool learns_variance() const { return false; }
  /// log-variances (n, D) that go with the last answer; nullptr: the model does not learn them.
  virtual const float* log_variance() const { return nullptr; }
};

}  // namespace diffusion
