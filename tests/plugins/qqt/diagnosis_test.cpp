// What a fit warns about, on curves made to deserve it.
#include "plugins/qqt/diagnosis.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("a pool is flat if its error stays high, or moves by less than three times the noise") {
  CHECK(is_flat(curve({0.99, 0.97, 0.96}), NAN, 0.95));
  CHECK_FALSE(is_flat(curve({0.99, 0.97, 0.94}), NAN, 0.95));
  CHECK(is_flat(curve({0.80, 0.79}), 0.004, 0.95));
  CHECK_FALSE(is_flat(curve({0.80, 0.78}), 0.004, 0.95));
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

TEST_CASE("a free d is always warned about, and more parameters than points") {
  FitOptions options;
  options.setting.unit = 1000;
  CHECK_FALSE(warns({curve({0.9, 0.8, 0.76, 0.74})}, options, "not_identified"));
  options.d_free = true;
  CHECK(warns({curve({0.9, 0.8, 0.76, 0.74})}, options, "not_identified"));
  CHECK(warns({curve({0.9, 0.8})}, options, "few_points"));
}
