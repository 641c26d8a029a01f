// The numbers of one generation.
#include "plugins/diffusion/generation.hpp"
#include "plugins/diffusion/histogram_kl.hpp"
#include "plugins/diffusion/interpolation.hpp"
#include "plugins/diffusion/judged.hpp"
#include "plugins/diffusion/shape_detector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void report_modes(const Data& samples, double k_sigma, GenerationReport& report) {
  const Mixture& m = samples.mixture;
  const Judged all = judge_all(samples, Interpolation(m, k_sigma));
  report.hallucinated = std::accumulate(all.bad.begin(), all.bad.end(), int64_t{0});
  report.beyond_3sigma = static_cast<double>(all.beyond[0]) / static_cast<double>(report.n);
  std::vector<double> share(static_cast<size_t>(m.count()));
  for (const int64_t k : all.mode)
    share[static_cast<size_t>(k)] += static_cast<double>(m.count()) / static_cast<double>(report.n);
  report.smallest_share = *std::min_element(share.begin(), share.end());
  report.largest_share = *std::max_element(share.begin(), share.end());
  report.lost_modes = std::count_if(share.begin(), share.end(), [](double s) { return s < 0.25; });
  double square = 0, count = 0;
  for (const ModeSums& sums : all.modes) {
    if (sums.count == 0) continue;
    square += static_cast<double>(sums.count) * sums.variance();
    count += static_cast<double>(sums.count);
  }
  report.width = std::sqrt(square / count) / m.sigma;
}
}  // namespace

GenerationReport report_generation(const Data& samples, const Data& first, double k_sigma) {
  GenerationReport report;
  report.n = samples.count();
  report.divergence = first.features() <= 2 && first.count() >= 10
                          ? histogram_kl(first.x, samples.x, first.features())
                          : kNaN;
  if (samples.mixture.count() > 0) {
    report_modes(samples, k_sigma, report);
    return report;
  }
  if (samples.set != "shapes" && samples.set != "minishapes")
    throw std::invalid_argument(
        "data set \"" + samples.set +
        "\" has neither modes nor shapes by which samples could be called hallucinated; chain "
        "train, sample and filter as stages instead");
  for (const auto& verdict : shape_verdicts(samples)) report.hallucinated += verdict.hallucinated();
  report.beyond_3sigma = report.smallest_share = report.largest_share = report.width = kNaN;
  return report;
}

}  // namespace diffusion
