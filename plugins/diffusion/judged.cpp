// Counting verdicts.
#include "plugins/diffusion/judged.hpp"

#include <algorithm>
#include <cmath>

namespace diffusion {
namespace {

void count(const Verdict& v, const double* x, const Mixture& mixture, Judged& all) {
  all.bad.push_back(v.hallucinated);
  all.mode.push_back(v.mode);
  all.edge.push_back(v.edge);
  all.lambda.push_back(v.lambda);
  for (size_t r = 0; r < std::size(kOtherRules); ++r)
    all.beyond[r] += !(v.distance <= kOtherRules[r] * mixture.sigma);
  if (v.edge >= 0) {
    ++all.on_edge[static_cast<size_t>(v.edge)];
    all.in_gap[static_cast<size_t>(v.edge)] += v.lambda > kGapLo && v.lambda < kGapHi;
  }
  if (v.hallucinated) return;
  ModeSums& m = all.modes[static_cast<size_t>(v.mode)];
  ++m.count;
  for (size_t j = 0; j < m.sum.size(); ++j) {
    const double off = x[j] - mixture.mode(v.mode)[j];
    m.sum[j] += off, m.square[j] += off * off;
  }
}

}  // namespace

double ModeSums::variance() const {
  double total = 0;
  const auto n = static_cast<double>(count);
  for (size_t j = 0; j < sum.size(); ++j) total += square[j] / n - sum[j] / n * (sum[j] / n);
  return total / static_cast<double>(sum.size());
}

double ModeSums::sd() const { return std::sqrt(variance()); }

Judged judge_all(const Data& data, const Interpolation& interpolation) {
  const auto d = static_cast<size_t>(data.mixture.dimension);
  Judged all;
  all.on_edge.resize(interpolation.edges().size());
  all.in_gap.resize(all.on_edge.size());
  all.modes.assign(static_cast<size_t>(data.mixture.count()),
                   {0, std::vector<double>(d), std::vector<double>(d)});
  std::vector<double> x(d);
  for (auto at = data.x.begin(); at != data.x.end(); at += static_cast<ptrdiff_t>(d)) {
    std::copy_n(at, d, x.begin());
    count(interpolation.judge(x.data()), x.data(), data.mixture, all);
  }
  return all;
}

}  // namespace diffusion
