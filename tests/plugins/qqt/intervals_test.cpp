// Bootstrap, covariance and profile against what they must be by their definitions.
#include "plugins/qqt/intervals.hpp"
#include "plugins/qqt/simulated.hpp"
#include "tests/plugins/qqt/released.hpp"

#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>

using namespace qqt;

namespace {

Laws released() {
  Laws laws{{Law::utility, Form::code, 1e5}, 1, {}, {}};
  for (size_t i = 0; i < 4; ++i)
    laws.pools.push_back({"pool " + std::to_string(i),
                          "pool",
                          "",
                          {static_cast<int64_t>(i)},
                          kReleasedN,
                          {0.025, kUtilityB[i], kUtilityTau[i], 0.1}});
  return laws;
}

std::vector<Curve> drawn(uint64_t key, int64_t repeats = 1, double noise = 0.0024) {
  assay::Stream stream(key);
  return simulate(released(), {}, {{2, 4, 6, 8, 10}, noise, repeats}, stream);
}

FitOptions code_form() {
  FitOptions options;
  options.setting = released().setting;
  return options;
}
}  // namespace

TEST_CASE("quantiles interpolate between order statistics") {
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({1, 2, 3, 4, 5}, 0.05) == doctest::Approx(1.2));
  CHECK(quantile({7}, 0.95) == 7);
  CHECK(std::isnan(quantile({}, 0.5)));
}

TEST_CASE("bootstrap and covariance agree on the standard error of the best determined parameter") {
  const auto curves = drawn(3);
  const JointProblem problem(curves, code_form());
  const Fit fit = fit_jointly(problem, 1);
  const auto draws = bootstrap(problem, fit, curves, Resample::residuals, 2000, 9);
  REQUIRE(draws.size() == 2000);
  double sum = 0, squares = 0;
  for (const auto& d : draws) {
    const double x = std::log(d[0].a);
    sum += x, squares += x * x;
  }
  const double sd = std::sqrt(squares / 2000 - sum * sum / 4e6);
  const int at = problem.places(0)[0];
  // Resampled residuals are centred in each curve, so up to sqrt(1/5) of their size is lost.
  CHECK(sd == doctest::Approx(std::sqrt(covariance(problem, fit)(at, at))).epsilon(0.3));
}

TEST_CASE("90 % intervals of a cover the truth in 70 to 100 % of 200 data sets") {
  // By chance outside with probability below 1e-6 if the coverage is 0.85 or more.
  int covered = 0;
  for (uint64_t key = 0; key < 200; ++key) {
    const auto curves = drawn(1000 + key);
    const JointProblem problem(curves, code_form());
    const Fit fit = fit_jointly(problem, 1);
    const double se = std::sqrt(covariance(problem, fit)(0, 0));
    covered += std::abs(std::log(fit.parameters[0].a / 0.025)) < 1.645 * se;
  }
  CAPTURE(covered);
  CHECK(covered >= 140);
}

TEST_CASE("the covariance is the inverse of the scaled normal matrix") {
  const auto curves = drawn(4);
  const JointProblem problem(curves, code_form());
  const Fit fit = fit_jointly(problem, 1);
  const Eigen::Index p = fit.theta.size();
  Vector g(p);
  Matrix H(p, p);
  problem.normal(fit.theta, &g, &H);
  const Matrix unit = covariance(problem, fit) * H / (fit.sse / (20 - 9));
  CHECK((unit - Matrix::Identity(p, p)).norm() < 1e-6);
}

TEST_CASE("a bootstrap needs more points than parameters, unless seeds are drawn") {
  assay::Stream stream(1);
  const auto curves = simulate(released(), {}, {{1, 2}, 0.001, 1}, stream);
  const JointProblem problem(curves, code_form());
  const Fit fit = fit_jointly(problem, 1);
  CHECK(bootstrap(problem, fit, curves, Resample::residuals, 5, 1).empty());
}

TEST_CASE("drawing seeds of identical repetitions moves nothing") {
  const auto curves = drawn(1, 4, 0);
  CHECK(has_seeds(curves));
  CHECK_FALSE(has_seeds(drawn(1)));
  const JointProblem problem(curves, code_form());
  const Fit fit = fit_jointly(problem, 1);
  for (const auto& draw : bootstrap(problem, fit, curves, Resample::seeds, 20, 1))
    CHECK(draw[0].b == doctest::Approx(fit.parameters[0].b).epsilon(1e-6));
}

TEST_CASE("seeds of a bootstrap are paired: curves that differ by a shift alone stay apart by it") {
  // Two pools whose repetitions deviate alike: every draw of seeds weighs both alike.
  auto curves = drawn(8, 5);
  curves.resize(2);
  curves[1] = curves[0];
  curves[1].pool = "twin";
  const JointProblem problem(curves, code_form());
  const Fit fit = fit_jointly(problem, 1);
  for (const auto& draw : bootstrap(problem, fit, curves, Resample::seeds, 30, 2))
    CHECK(draw[0].b == doctest::Approx(draw[1].b).epsilon(1e-4));
}

TEST_CASE("the interval of a profile is where M ln(SSE / least) stays below 2.706") {
  Profile p{{0, 0.1, 0.2, 0.3, 0.4}, {2, 1.3, 1, 1.3, 2}, {}};
  find_interval(p, 10);  // 1.3 is exp(2.6 / 10), 2 is exp(6.9 / 10)
  CHECK(p.best == 2);
  CHECK(p.low == 0.1);
  CHECK(p.high == 0.3);
  find_interval(p, 100);
  CHECK(p.low == 0.2);
  CHECK(p.high == 0.2);
  find_interval(p, 2);
  CHECK(p.low == 0);
  CHECK(p.high == 0.4);
}

TEST_CASE("the profile of d is lowest near the truth and is the fixed fit at each d") {
  assay::Stream stream(6);
  Laws truth = released();
  truth.setting.form = Form::paper;
  for (auto& p : truth.pools) p.p.a = 0.5;  // no error above 1, which is cut
  const auto curves = simulate(truth, {}, {{0.2, 0.5, 1, 2, 4, 8, 16, 40}, 1e-4, 1}, stream);
  FitOptions options;
  options.setting = truth.setting;
  const auto profile = profile_d(curves, options, {0, 0.05, 0.1, 0.15, 0.2}, 1);
  CHECK(profile.best == 2);
  CHECK(profile.low <= 0.1);
  CHECK(profile.high >= 0.1);
  options.d = 0.15;
  CHECK(profile.sse[3] == fit_jointly(JointProblem(curves, options), 1).sse);
}
