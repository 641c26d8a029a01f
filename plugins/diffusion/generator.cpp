// Blocks of samples with their scores.
#include "plugins/diffusion/generator.hpp"

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

/// x0^ must be shown wherever a window or the record wants it.
SamplerOptions watched(const GeneratorOptions& options) {
  SamplerOptions sampler = options.sampler;
  sampler.watch = options.record > 0 ? options.recorded.hi : 0;
  for (const Window& window : options.windows) sampler.watch = std::max(sampler.watch, window.hi);
  return sampler;
}
}  // namespace

Generator::Generator(Denoiser& denoiser, GeneratorOptions options)
    : options_(std::move(options)),
      sampler_(denoiser, watched(options_)),
      features_(denoiser.features()) {
  for (const Step& step : options_.sampler.chain) {
    steps_.push_back(step.t);
    if (options_.record > 0 && options_.recorded.holds(step.t)) recorded_t_.push_back(step.t);
  }
  options_.record = std::min(options_.record, options_.n);
  const WindowScores probe(options_.windows, steps_, options_.snr, 1, features_);
  for (size_t w = 0; w < windows(); ++w) visited_.push_back(probe.visited(w));
  x_.resize(static_cast<size_t>(options_.n * features_));
  scores_.resize(kScores.size() * windows() * static_cast<size_t>(options_.n));
  trajectory_.resize(static_cast<size_t>(options_.record * features_) * recorded_t_.size());
}

size_t Generator::score_at(size_t score, size_t w, int64_t i) const {
  return (score * windows() + w) * static_cast<size_t>(options_.n) + static_cast<size_t>(i);
}

void Generator::step() {
  const int64_t rows = std::min(options_.batch, options_.n - made_);
  WindowScores block(options_.windows, steps_, options_.snr, rows, features_);
  const int64_t kept = std::clamp(options_.record - made_, int64_t{0}, rows);
  const auto times = static_cast<int64_t>(recorded_t_.size());
  int64_t time = 0;
  sampler_.run(made_, rows, x_.data() + made_ * features_, [&](const Step& step, const float* x0) {
    if (block.wants(step.t)) block.see(step.t, x0, 0, rows);
    if (options_.record == 0 || !options_.recorded.holds(step.t)) return;
    for (int64_t i = 0; i < kept; ++i)
      std::copy_n(x0 + i * features_, features_,
                  trajectory_.begin() + ((made_ + i) * times + time) * features_);
    ++time;
  });
  for (size_t s = 0; s < kScores.size(); ++s)
    for (size_t w = 0; w < windows(); ++w)
      for (int64_t i = 0; i < rows; ++i)
        scores_[score_at(s, w, made_ + i)] = block.score(static_cast<Score>(s), w, i);
  made_ += rows;
}

std::vector<double> Generator::score(Score score, size_t w) const {
  const auto first =
      scores_.begin() + static_cast<int64_t>(score_at(static_cast<size_t>(score), w, 0));
  return {first, first + options_.n};
}

std::vector<assay::Column> Generator::columns() const {
  made_column_ = {made_};
  return {{"generator/made", made_column_},
          {"generator/x", x_},
          {"generator/scores", scores_},
          {"generator/trajectory", trajectory_}};
}

void Generator::restore(const assay::Reader& checkpoint) {
  made_ = checkpoint.read<int64_t>("generator/made").at(0);
  x_ = checkpoint.read<float>("generator/x");
  scores_ = checkpoint.read<double>("generator/scores");
  trajectory_ = checkpoint.read<float>("generator/trajectory");
}

}  // namespace diffusion
