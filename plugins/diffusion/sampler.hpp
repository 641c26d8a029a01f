// Runs a chain from noise to samples, a block of samples at a time.
#pragma once
#include "plugins/diffusion/chain.hpp"
#include "plugins/diffusion/denoiser.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace diffusion {

struct SamplerOptions {
  std::vector<Step> chain;
  uint64_t key = 0;      // of the stream that the noise comes from
  bool clip = false;     // x0^ to [-1, 1], and the noise that this implies
  bool learned = false;  // the step's noise has the variance that the model predicts
  int64_t watch = 0;     // x0^ is shown at timesteps below this
};

/// What happens at a watched step, in chain order: x0^ (rows, D), before x is moved.
using Watch = std::function<void(const Step& step, const float* x0)>;

class Sampler {
 public:
  /// `denoiser` outlives the sampler. std::invalid_argument if the chain is empty, or variances are
  /// to be learned ones and the model has none.
  Sampler(Denoiser& denoiser, SamplerOptions options);

  /// x (rows, D): samples first .. first + rows - 1. A sample is the same in every block. Throws
  /// assay::Error(ASSAY_DIVERGED) when one is not finite.
  void run(int64_t first, int64_t rows, float* x, const Watch& watch = {});

  /// The same with the draws of samples `numbers`, which need not be neighbours.
  void run(const std::vector<int64_t>& numbers, float* x, const Watch& watch = {});

 private:
  void noise(uint32_t step, const std::vector<int64_t>& numbers);
  void walk(const std::vector<int64_t>& numbers, float* x, const Watch& watch);
  void advance(const Step& step, int64_t count, float* x);

  Denoiser& denoiser_;
  SamplerOptions options_;
  int64_t first_ = -1;  // of consecutive samples; -1: numbered ones
  std::vector<float> eps_, noise_, x0_;
};

}  // namespace diffusion
