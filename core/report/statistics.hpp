// The statistics of claims, tables and figures: small samples (seeds), paired differences, shares.
// Every function takes finite numbers; callers remove what is absent before.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace assay {

struct Interval {
  double low = 0, high = 0;
  bool operator==(const Interval&) const = default;
};

using Numbers = std::span<const double>;

double mean(Numbers x);    // NaN when empty, as all below
double median(Numbers x);  // the mean of the two middle values when n is even
double sd(Numbers x);      // n - 1 in the denominator; NaN when n < 2
double sem(Numbers x);     // sd / sqrt(n)
/// Linear interpolation between order statistics: h = (n - 1) p (Hyndman and Fan's type 7).
double quantile(Numbers x, double p);

/// mean +- t_{n-1} sem, the two-sided Student interval. nullopt when n < 2.
std::optional<Interval> student_interval(Numbers x, double level = 0.95);

/// Between two order statistics, without an assumption about the distribution: the narrowest
/// symmetric pair x_(k), x_(n+1-k) with coverage >= level under Binomial(n, 1/2). nullopt when n is
/// too small for any (n < 6 at 0.95).
std::optional<Interval> median_interval(Numbers x, double level = 0.95);

/// Wilson's score interval for a share of k in n (n >= 1); lies in [0, 1], also at k = 0 and k = n.
Interval wilson_interval(size_t k, size_t n, double level = 0.95);

/// Welch's interval for mean(a) - mean(b): unequal variances, Satterthwaite's degrees of freedom.
/// nullopt when either has n < 2.
std::optional<Interval> welch_interval(Numbers a, Numbers b, double level = 0.95);

/// The interval of a - b from the intervals of a and b (MOVER; with Wilson intervals this is
/// Newcombe's for the difference of two shares).
Interval difference_interval(double a, Interval of_a, double b, Interval of_b);

enum class Alternative { greater, less, two_sided };

struct TestResult {
  double p = 1;
  double statistic = 0;  // t; number of positive differences; sum of positive ranks
  size_t n = 0;          // differences used
  std::string note;  // "", or what was done: "2 zero differences left out, normal approximation"
};

/// H0: a difference is positive as often as negative. Zeros are left out. Exact.
TestResult sign_test(Numbers differences, Alternative alternative);

/// H0: the differences are symmetric about 0. Zeros are left out, ties share their mean rank. Exact
/// for n <= 50, given the ties; beyond, the normal approximation with corrections for ties and
/// continuity.
TestResult wilcoxon_test(Numbers differences, Alternative alternative);

/// H0: the mean difference is 0. Student's t with n - 1 degrees of freedom. p = 1 when n < 2.
TestResult t_test(Numbers differences, Alternative alternative);

}  // namespace assay
