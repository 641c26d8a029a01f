#include "plugins/qqt/normal.hpp"
#include "plugins/qqt/powerlaw.hpp"

#include <cmath>

namespace qqt {
namespace {
constexpr uint32_t kFeatures = 0, kNoise = 1;  // layers of the generator
}  // namespace

void draw_samples(const std::vector<double>& lambda, double noise, uint64_t key, int64_t first,
                  int64_t count, double* x, double* y) {
  const assay::Philox philox(key);
  const size_t d = lambda.size();
  std::vector<double> deviation(d);
  for (size_t j = 0; j < d; ++j) deviation[j] = std::sqrt(lambda[j]);
  for (int64_t i = 0; i < count; ++i, x += d) {
    const auto sample = static_cast<uint64_t>(first + i);
    for (size_t j = 0; j < d; j += 2) {
      const auto [u, v] = normal_pair(philox, sample, kFeatures, static_cast<uint32_t>(j / 2));
      x[j] = deviation[j] * u;
      if (j + 1 < d) x[j + 1] = deviation[j + 1] * v;
    }
    double target = std::sqrt(noise) * normal_pair(philox, sample, kNoise, 0).first;
    for (size_t j = 0; j < d; ++j) target += x[j];
    y[i] = target;
  }
}

Powerlaw::Powerlaw(const TrialPlan& plan, const PowerlawOptions& options)
    : plan_(plan),
      features_(options.features),
      models_(plan.runs(), power_law_spectrum(options.features, options.decay), options.rate,
              options.average),
      x_(static_cast<size_t>(plan.replicates * plan.pools * plan.pool_size * options.features)),
      y_(static_cast<size_t>(plan.replicates * plan.pools * plan.pool_size)) {
  const auto lambda = power_law_spectrum(options.features, options.decay);
  for (int64_t pool = 0; pool < plan.replicates * plan.pools; ++pool) {
    const int64_t first = pool * plan.pool_size;
    draw_samples(lambda, options.quality.at(static_cast<size_t>(pool % plan.pools)),
                 options.sample_key, first, plan.pool_size, x_.data() + first * features_,
                 y_.data() + first);
  }
  for (int64_t r = 0; r < plan.runs(); ++r) feeds_.emplace_back(plan, r, options.order_key);
}

void Powerlaw::step(int64_t step) {
  const auto batch = static_cast<size_t>(plan_.batch);
  std::vector<int64_t> samples(batch);
  std::vector<const double*> x(batch);
  std::vector<double> y(batch);
  for (int64_t r = 0; r < plan_.runs(); ++r) {
    feeds_[static_cast<size_t>(r)].batch(step, samples.data());
    const int64_t first = plan_.replicate(r) * plan_.pools * plan_.pool_size;
    for (size_t b = 0; b < batch; ++b) {
      x[b] = x_.data() + (first + samples[b]) * features_;
      y[b] = y_[static_cast<size_t>(first + samples[b])];
    }
    models_.step(r, x, y);
  }
}

std::vector<double> Powerlaw::errors() {
  std::vector<double> errors;
  for (int64_t r = 0; r < plan_.runs(); ++r) errors.push_back(models_.error(r));
  return errors;
}

void Powerlaw::add_state(std::vector<assay::Column>& columns) {
  columns.emplace_back("iterates", models_.iterates());
  columns.emplace_back("averages", models_.averages());
}

void Powerlaw::restore(const assay::Reader& checkpoint) {
  models_.iterates() = checkpoint.read<double>("iterates");
  models_.averages() = checkpoint.read<double>("averages");
}

}  // namespace qqt
