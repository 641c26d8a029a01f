#include "core/report/statistics.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace assay {
namespace {

namespace bm = boost::math;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> sorted(Numbers x) {
  std::vector<double> s(x.begin(), x.end());
  std::sort(s.begin(), s.end());
  return s;
}

double variance(Numbers x) {
  if (x.size() < 2) return kNaN;
  const double m = mean(x);
  double sum = 0;
  for (const double v : x) sum += (v - m) * (v - m);
  return sum / static_cast<double>(x.size() - 1);
}

double t_quantile(double degrees, double level) {
  return bm::quantile(bm::complement(bm::students_t(degrees), (1 - level) / 2));
}

/// The p-value of a discrete statistic from P(S >= s) and P(S <= s).
double p_value(double at_least, double at_most, Alternative alternative) {
  switch (alternative) {
    case Alternative::greater: return std::min(1.0, at_least);
    case Alternative::less: return std::min(1.0, at_most);
    default: return std::min(1.0, 2 * std::min(at_least, at_most));
  }
}

std::string zeros_note(size_t zeros) {
  if (zeros == 0) return "";
  return fmt::format("{} zero difference{} left out", zeros, zeros == 1 ? "" : "s");
}

/// Twice the rank of |d|, ties sharing the mean of their ranks, so that all are integers.
struct Ranks {
  std::vector<int> doubled;
  std::vector<bool> positive;
  double tie_term = 0;  // sum of t^3 - t over groups of t ties
};

Ranks signed_ranks(std::vector<double> d) {
  std::sort(d.begin(), d.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  Ranks r;
  for (size_t i = 0; i < d.size();) {
    size_t j = i;
    while (j < d.size() && std::fabs(d[j]) == std::fabs(d[i])) ++j;
    const auto t = static_cast<double>(j - i);
    r.tie_term += t * t * t - t;
    for (size_t k = i; k < j; ++k) {
      r.doubled.push_back(static_cast<int>(i + 1 + j));
      r.positive.push_back(d[k] > 0);
    }
    i = j;
  }
  return r;
}

/// P(W >= w) and P(W <= w) over all 2^n sign patterns, W the sum of the doubled positive ranks.
std::pair<double, double> exact_tails(const std::vector<int>& doubled, int w) {
  const int total = std::accumulate(doubled.begin(), doubled.end(), 0);
  std::vector<double> count(static_cast<size_t>(total) + 1, 0.0);  // exact: counts stay below 2^53
  count[0] = 1;
  for (const int rank : doubled)
    for (int s = total; s >= rank; --s)
      count[static_cast<size_t>(s)] += count[static_cast<size_t>(s - rank)];
  double above = 0, below = 0;
  for (int s = 0; s <= total; ++s) {
    if (s >= w) above += count[static_cast<size_t>(s)];
    if (s <= w) below += count[static_cast<size_t>(s)];
  }
  const double all = std::ldexp(1.0, static_cast<int>(doubled.size()));
  return {above / all, below / all};
}

}  // namespace

double mean(Numbers x) {
  if (x.empty()) return kNaN;
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double median(Numbers x) { return quantile(x, 0.5); }
double sd(Numbers x) { return std::sqrt(variance(x)); }
double sem(Numbers x) { return sd(x) / std::sqrt(static_cast<double>(x.size())); }

double quantile(Numbers x, double p) {
  if (x.empty()) return kNaN;
  const auto s = sorted(x);
  const double h = static_cast<double>(s.size() - 1) * p;
  const auto i = static_cast<size_t>(h);
  if (i + 1 >= s.size()) return s.back();
  const double f = h - static_cast<double>(i);
  return f == 0 ? s[i] : s[i] + f * (s[i + 1] - s[i]);
}

std::optional<Interval> student_interval(Numbers x, double level) {
  if (x.size() < 2) return std::nullopt;
  const double half = t_quantile(static_cast<double>(x.size() - 1), level) * sem(x);
  return Interval{mean(x) - half, mean(x) + half};
}

std::optional<Interval> median_interval(Numbers x, double level) {
  const auto n = static_cast<double>(x.size());
  if (x.empty()) return std::nullopt;
  const bm::binomial b(n, 0.5);
  size_t k = 0;  // the largest k with 2 P(B <= k - 1) <= 1 - level
  while (k < x.size() / 2 && 2 * bm::cdf(b, static_cast<double>(k)) <= 1 - level) ++k;
  if (k == 0) return std::nullopt;
  const auto s = sorted(x);
  return Interval{s[k - 1], s[s.size() - k]};
}

Interval wilson_interval(size_t k, size_t n, double level) {
  const double z = bm::quantile(bm::complement(bm::normal(), (1 - level) / 2));
  const auto m = static_cast<double>(n), p = static_cast<double>(k) / m;
  const double scale = 1 / (1 + z * z / m), centre = scale * (p + z * z / (2 * m));
  const double half = scale * z * std::sqrt(p * (1 - p) / m + z * z / (4 * m * m));
  return {k == 0 ? 0.0 : centre - half, k == n ? 1.0 : centre + half};
}

std::optional<Interval> welch_interval(Numbers a, Numbers b, double level) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  const auto na = static_cast<double>(a.size()), nb = static_cast<double>(b.size());
  const double va = variance(a) / na, vb = variance(b) / nb, d = mean(a) - mean(b);
  if (va + vb == 0) return Interval{d, d};
  const double degrees = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));
  const double half = t_quantile(degrees, level) * std::sqrt(va + vb);
  return Interval{d - half, d + half};
}

Interval difference_interval(double a, Interval of_a, double b, Interval of_b) {
  return {a - b - std::hypot(a - of_a.low, of_b.high - b),
          a - b + std::hypot(of_a.high - a, b - of_b.low)};
}

TestResult sign_test(Numbers differences, Alternative alternative) {
  TestResult r;
  size_t positive = 0;
  for (const double d : differences) {
    r.n += d != 0;
    positive += d > 0;
  }
  r.statistic = static_cast<double>(positive);
  r.note = zeros_note(differences.size() - r.n);
  if (r.n == 0) return r;
  const bm::binomial b(static_cast<double>(r.n), 0.5);
  const double at_least = positive == 0 ? 1 : bm::cdf(bm::complement(b, r.statistic - 1));
  r.p = p_value(at_least, bm::cdf(b, r.statistic), alternative);
  return r;
}

TestResult wilcoxon_test(Numbers differences, Alternative alternative) {
  std::vector<double> d;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(d),
               [](double v) { return v != 0; });
  TestResult r;
  r.n = d.size();
  r.note = zeros_note(differences.size() - r.n);
  if (r.n == 0) return r;
  const Ranks ranks = signed_ranks(std::move(d));
  int w = 0;
  for (size_t i = 0; i < r.n; ++i) w += ranks.positive[i] ? ranks.doubled[i] : 0;
  r.statistic = w / 2.0;
  if (r.n <= 50) {
    const auto [above, below] = exact_tails(ranks.doubled, w);
    r.p = p_value(above, below, alternative);
    return r;
  }
  const auto n = static_cast<double>(r.n);
  const double centre = n * (n + 1) / 4;
  const double spread = std::sqrt(n * (n + 1) * (2 * n + 1) / 24 - ranks.tie_term / 48);
  const bm::normal z;
  r.p = p_value(bm::cdf(bm::complement(z, (r.statistic - 0.5 - centre) / spread)),
                bm::cdf(z, (r.statistic + 0.5 - centre) / spread), alternative);
  r.note += std::string(r.note.empty() ? "" : ", ") + "normal approximation";
  return r;
}

TestResult t_test(Numbers differences, Alternative alternative) {
  TestResult r;
  r.n = differences.size();
  if (r.n < 2) {
    r.note = "one difference has no spread";
    return r;
  }
  const double m = mean(differences), e = sem(differences);
  if (e == 0) {  // all differences are equal: the limit of a vanishing spread
    r.statistic = m == 0 ? 0 : std::copysign(kInfinity, m);
    r.p = m == 0 ? 1 : p_value(m > 0 ? 0 : 1, m < 0 ? 0 : 1, alternative);
    r.note = "the differences have no spread";
    return r;
  }
  r.statistic = m / e;
  const bm::students_t t(static_cast<double>(r.n - 1));
  r.p = p_value(bm::cdf(bm::complement(t, r.statistic)), bm::cdf(t, r.statistic), alternative);
  return r;
}

}  // namespace assay
