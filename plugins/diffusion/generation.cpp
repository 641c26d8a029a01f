// Judging a generation, and choosing what the next one trains on.
#include "plugins/diffusion/detection.hpp"
#include "plugins/diffusion/generation.hpp"
#include "plugins/diffusion/histogram_kl.hpp"
#include "plugins/diffusion/interpolation.hpp"
#include "plugins/diffusion/shape_detector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

/// Variance of one coordinate of a standard normal in d dimensions, given that its length is below
/// r: 1 - r^d exp(-r^2/2) / (d 2^(d/2 - 1) Gamma(d/2) P(length < r)), by Simpson's rule.
double cut_variance(int64_t d, double r) {
  double mass = 0, square = 0;
  constexpr int kCells = 2000;
  for (int i = 0; i <= kCells; ++i) {
    const double x = r * i / kCells;
    const double weight = i == 0 || i == kCells ? 1 : i % 2 ? 4 : 2;
    const double density = std::pow(x, static_cast<double>(d - 1)) * std::exp(-x * x / 2);
    mass += weight * density;
    square += weight * density * x * x;
  }
  return square / mass / static_cast<double>(d);
}
}  // namespace

std::vector<uint8_t> hallucinations(const Data& samples, double k_sigma) {
  std::vector<uint8_t> bad;
  if (samples.mixture.count() > 0) {
    const Interpolation judge(samples.mixture, k_sigma);
    const int64_t d = samples.features();
    std::vector<double> point(static_cast<size_t>(d));
    for (int64_t i = 0; i < samples.count(); ++i) {
      std::copy_n(samples.x.begin() + i * d, d, point.begin());
      bad.push_back(judge.judge(point.data()).hallucinated);
    }
  } else if (samples.set == "shapes" || samples.set == "minishapes") {
    for (const auto& verdict : shape_verdicts(samples.x, samples.set))
      bad.push_back(verdict.hallucinated());
  }
  return bad;
}

GenerationReport report_generation(const Data& samples, const Data& first, double k_sigma) {
  GenerationReport report;
  report.n = samples.count();
  report.divergence = first.features() <= 2 && first.count() >= 10
                          ? histogram_kl(first.x, samples.x, first.features())
                          : std::numeric_limits<double>::quiet_NaN();
  const auto bad = hallucinations(samples, k_sigma);
  report.hallucinated = std::accumulate(bad.begin(), bad.end(), int64_t{0});
  const Mixture& m = samples.mixture;
  if (m.count() == 0) {
    report.beyond_3sigma = report.smallest_share = report.largest_share = report.width =
        std::numeric_limits<double>::quiet_NaN();
    return report;
  }
  const Interpolation judge(m, k_sigma);
  const int64_t d = samples.features();
  std::vector<double> point(static_cast<size_t>(d));
  std::vector<int64_t> count(static_cast<size_t>(m.count()));
  int64_t far = 0;
  double square = 0;
  for (int64_t i = 0; i < report.n; ++i) {
    std::copy_n(samples.x.begin() + i * d, d, point.begin());
    const Verdict verdict = judge.judge(point.data());
    ++count[static_cast<size_t>(verdict.mode)];
    if (verdict.distance > 3 * m.sigma)
      ++far;
    else
      square += verdict.distance * verdict.distance;
  }
  const double equal = static_cast<double>(report.n) / static_cast<double>(m.count());
  const auto [least, most] = std::minmax_element(count.begin(), count.end());
  report.smallest_share = static_cast<double>(*least) / equal;
  report.largest_share = static_cast<double>(*most) / equal;
  report.lost_modes = std::count_if(count.begin(), count.end(), [equal](int64_t c) {
    return static_cast<double>(c) < equal / 4;
  });
  report.beyond_3sigma = static_cast<double>(far) / static_cast<double>(report.n);
  report.width =
      std::sqrt(square / static_cast<double>((report.n - far) * d) / cut_variance(d, 3)) / m.sigma;
  return report;
}

}  // namespace diffusion
