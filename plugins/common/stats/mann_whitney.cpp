// U from the ranks of the pooled values; its distribution by recursion or by the normal law.
#include "plugins/common/stats/mann_whitney.hpp"
#include "plugins/common/stats/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

namespace assay::stats {
namespace {

/// sum (t^3 - t) over the groups of t equal values.
double tie_sum(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double sum = 0;
  for (size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    while (end < values.size() && values[end] == values[begin]) ++end;
    const auto t = static_cast<double>(end - begin);
    sum += t * (t * t - 1);
  }
  return sum;
}

/// P(U = u) for u = 0 .. n m. The largest of all n + m values is an x with probability n / (n + m),
/// and then beats all m of y:
///   P(u; n, m) = n / (n + m) P(u - m; n - 1, m) + m / (n + m) P(u; n, m - 1).
std::vector<double> distribution(size_t n, size_t m) {
  std::vector<std::vector<double>> row(m + 1, {1.0});  // P(.; i, j) for j = 0 .. m
  for (size_t i = 1; i <= n; ++i)
    for (size_t j = 1; j <= m; ++j) {
      const double x_last = static_cast<double>(i) / static_cast<double>(i + j);
      std::vector<double> p(i * j + 1, 0.0);
      for (size_t u = 0; u < row[j].size(); ++u) p[u + j] += x_last * row[j][u];
      for (size_t u = 0; u < row[j - 1].size(); ++u) p[u] += (1 - x_last) * row[j - 1][u];
      row[j] = std::move(p);
    }
  return row[m];
}

double upper_tail(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }
}  // namespace

MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> pooled(x.begin(), x.end());
  pooled.insert(pooled.end(), y.begin(), y.end());
  if (x.empty() || y.empty() ||
      std::any_of(pooled.begin(), pooled.end(), [](double v) { return std::isnan(v); }))
    return {kNaN, kNaN, kNaN, kNaN, kNaN, false};

  // U is the rank sum of x, from rank 0, less its smallest possible value.
  const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
  const double total = n + m;
  const std::vector<double> rank = average_ranks(pooled);
  const auto x_end = rank.begin() + static_cast<std::ptrdiff_t>(x.size());
  const double u = std::accumulate(rank.begin(), x_end, 0.0) - n * (n - 1) / 2;

  // Mean and spread of U where x and y do not differ.
  const double ties = tie_sum(pooled), centre = n * m / 2;
  const double sigma =
      std::sqrt(n * m / 12 * std::max(0.0, total + 1 - ties / (total * (total - 1))));
  MannWhitney test{u, 0, 1, 1, 1, false};
  if (!(sigma > 0)) return test;
  const double away = std::max(0.0, std::abs(u - centre) - 0.5);
  test.z = std::copysign(away / sigma, u - centre);

  // How likely as large, and as small, a U is.
  test.exact = ties == 0 && std::max(x.size(), y.size()) <= kExactSize;
  if (test.exact) {
    const std::vector<double> p = distribution(x.size(), y.size());
    const auto at = p.begin() + std::lround(u);
    test.p_less = std::min(1.0, std::accumulate(p.begin(), at + 1, 0.0));
    test.p_greater =
        std::min(1.0, std::accumulate(p.rbegin(), std::make_reverse_iterator(at), 0.0));
  } else {
    test.p_greater = upper_tail((u - centre - 0.5) / sigma);
    test.p_less = upper_tail((centre - u - 0.5) / sigma);
  }
  test.p = std::min(1.0, 2 * std::min(test.p_greater, test.p_less));
  return test;
}

}  // namespace assay::stats
