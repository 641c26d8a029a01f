// The loop over a chain's steps, and the arithmetic of one.
#include "plugins/diffusion/normals.hpp"
#include "plugins/diffusion/sampler.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffusion {

Sampler::Sampler(Denoiser& denoiser, SamplerOptions options)
    : denoiser_(denoiser), options_(std::move(options)) {
  if (options_.chain.empty()) throw std::invalid_argument("a chain has at least one step");
  if (options_.learned && !denoiser.learns_variance())
    throw std::invalid_argument(
        "the model was not trained with variance = \"learned\"; set variance to fixed_large or "
        "fixed_small");
}

void Sampler::noise(uint32_t step, const std::vector<int64_t>& numbers) {
  const int64_t d = denoiser_.features();
  if (first_ >= 0) {
    normals(options_.key, step, first_ * d, static_cast<int64_t>(noise_.size()), noise_.data());
    return;
  }
  for (size_t i = 0; i < numbers.size(); ++i)
    normals(options_.key, step, numbers[i] * d, d, noise_.data() + static_cast<int64_t>(i) * d);
}

void Sampler::advance(const Step& step, int64_t count, float* x) {
  if (options_.clip) {
    for (int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(i);
      eps_[at] = static_cast<float>((x0_[at] - step.from_x * x[i]) / step.from_eps);
    }
  }
  const auto keep = static_cast<float>(step.keep), move = static_cast<float>(step.move),
             sigma = static_cast<float>(step.sigma);
  const float* eps = eps_.data();
  const float* z = noise_.data();
  if (step.sigma == 0) {
    for (int64_t i = 0; i < count; ++i) x[i] = keep * x[i] + move * eps[i];
  } else if (options_.learned) {
    const float* log_variance = denoiser_.log_variance();
    for (int64_t i = 0; i < count; ++i)
      x[i] = keep * x[i] + move * eps[i] + std::exp(0.5f * log_variance[i]) * z[i];
  } else {
    for (int64_t i = 0; i < count; ++i) x[i] = keep * x[i] + move * eps[i] + sigma * z[i];
  }
}

void Sampler::walk(const std::vector<int64_t>& numbers, float* x, const Watch& watch) {
  const auto count = static_cast<int64_t>(noise_.size());
  const int64_t rows = count / denoiser_.features();
  noise(0, numbers);
  std::copy(noise_.begin(), noise_.end(), x);
  uint32_t number = 0;
  for (const Step& step : options_.chain) {
    denoiser_.eps(x, rows, step.t, eps_.data());
    const bool watched = watch && step.t < options_.watch;
    if (watched || options_.clip) {
      const auto from_x = static_cast<float>(step.from_x),
                 from_eps = static_cast<float>(step.from_eps);
      for (int64_t i = 0; i < count; ++i)
        x0_[static_cast<size_t>(i)] = from_x * x[i] + from_eps * eps_[static_cast<size_t>(i)];
    }
    ++number;
    if (step.sigma != 0) noise(number, numbers);
    if (options_.clip)
      for (auto& x0 : x0_) x0 = std::clamp(x0, -1.0f, 1.0f);
    if (watched) watch(step, x0_.data());
    advance(step, count, x);
  }
  for (int64_t i = 0; i < count; ++i)
    if (!std::isfinite(x[i]))
      throw assay::Error(ASSAY_DIVERGED,
                         "a sample is not a number: the model answers with "
                         "infinities; train it longer or with a smaller lr");
}

void Sampler::run(int64_t first, int64_t rows, float* x, const Watch& watch) {
  first_ = first;
  const auto count = static_cast<size_t>(rows * denoiser_.features());
  for (auto* buffer : {&eps_, &noise_, &x0_}) buffer->resize(count);
  walk({}, x, watch);
}

void Sampler::run(const std::vector<int64_t>& numbers, float* x, const Watch& watch) {
  first_ = -1;
  const auto count = numbers.size() * static_cast<size_t>(denoiser_.features());
  for (auto* buffer : {&eps_, &noise_, &x0_}) buffer->resize(count);
  walk(numbers, x, watch);
}

}  // namespace diffusion
