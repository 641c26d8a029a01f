// What a fit warns about, on curves made to deserve it.
#include "plugins/qqt/diagnosis.hpp"
#include "plugins/qqt/simulated.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace qqt;

namespace {

Curve curve(const std::vector<double>& errors, double N = 1000) {
  Curve c{"p", "pool", "", {0}, N, {}};
  for (size_t i = 0; i < errors.size(); ++i)
    c.points.push_back({N * static_cast<double>(i + 1), errors[i]});
  return c;
}

bool warns(const std::vector<Curve>& curves, const FitOptions& options, const std::string& kind) {
  const JointProblem problem(curves, options);
  for (const auto& w : diagnose(problem, fit_jointly(problem, 1), curves))
    if (w.kind == kind) return true;
  return false;
}
}  // namespace

TEST_CASE("noise is what the points say, or what seeds show, or unknown") {
  Curve c = curve({0.9, 0.8});
  CHECK(std::isnan(noise_of(c)));
  c.points[0].sd = 0.01, c.points[1].sd = 0.03;
  CHECK(noise_of(c) == doctest::Approx(0.02));
  Curve seeds = curve({});
  for (const double e : {0.8, 0.9}) seeds.points.push_back({1000, e, NAN, e > 0.85});
  CHECK(noise_of(seeds) == doctest::Approx(0.05 * std::sqrt(2)));
}

TEST_CASE("a pool is flat if its error stays high, or falls by less than three standard errors") {
  CHECK(is_flat(curve({0.99, 0.97, 0.96}), NAN, 0.95));
  CHECK_FALSE(is_flat(curve({0.99, 0.97, 0.94}), NAN, 0.95));
  CHECK(is_flat(curve({0.80, 0.79}), 0.004, 0.95));
  CHECK_FALSE(is_flat(curve({0.80, 0.78}), 0.004, 0.95));
  CHECK(is_flat(curve({0.78, 0.80}), 0.004, 0.95));
}

TEST_CASE("many points of noise do not make junk useful, and small steady gains count") {
  // 90 points of noise 0.01: the largest and the smallest differ by 5 standard deviations.
  assay::Stream stream(5);
  std::vector<double> junk, slow;
  for (int i = 0; i < 90; ++i) {
    junk.push_back(0.9 + 0.01 * normal(stream));
    slow.push_back(0.9 - 0.0002 * i + 0.01 * normal(stream));
  }
  CHECK(*std::max_element(junk.begin(), junk.end()) - *std::min_element(junk.begin(), junk.end()) >
        3 * 0.01);
  CHECK(is_flat(curve(junk), 0.01, 0.95));
  CHECK_FALSE(is_flat(curve(slow), 0.01, 0.95));
  // What overfits has taught something first: 0.15 and up again is not flat.
  CHECK_FALSE(is_flat(curve({0.24, 0.17, 0.15, 0.16, 0.19, 0.24}), 0.007, 0.95));
  // Four replicates halve the standard error: 0.01 is flat for one, and not for four.
  Curve four = curve({});
  for (const auto& [n, error] : {std::pair{1000.0, 0.80}, {2000.0, 0.79}})
    for (int64_t seed = 0; seed < 4; ++seed) four.points.push_back({n, error, NAN, seed});
  CHECK(is_flat(curve({0.80, 0.79}), 0.004, 0.95));
  CHECK_FALSE(is_flat(four, 0.004, 0.95));
}

TEST_CASE("a curve that falls faster than any law allows is called steep, and at a bound") {
  FitOptions options;
  options.setting.unit = 1000, options.d = 0;
  CHECK(warns({curve({0.9, 0.3, 0.1, 0.05, 0.03, 0.02})}, options, "steep"));
  CHECK(warns({curve({0.9, 0.3, 0.1, 0.05, 0.03, 0.02})}, options, "at_bound"));
}

TEST_CASE("a warm-up leaves two runs of signs or fewer, a scatter does not") {
  Curve bent = curve({0.9, 0.8, 0.7, 0.6, 0.5});
  CHECK(sign_runs(bent, {0.8, 0.75, 0.72, 0.65, 0.6}) == 2);
  CHECK(sign_runs(bent, {0.91, 0.79, 0.71, 0.59, 0.51}) == 5);
  CHECK(sign_runs(bent, {0.9, 0.8, 0.7, 0.6, 0.5}) == 0);
}

TEST_CASE("more parameters than points are warned about") {
  FitOptions options;
  options.setting.unit = 1000;
  CHECK_FALSE(warns({curve({0.9, 0.8, 0.76, 0.74})}, options, "few_points"));
  CHECK(warns({curve({0.9, 0.8})}, options, "few_points"));
}
