// Joint fits against scipy's, against the truth where there is no noise, and at bounds.
#include "plugins/qqt/simulated.hpp"
#include "tests/plugins/qqt/released.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace qqt;

namespace {

/// The released laws of the four pools.
Laws released(Form form = Form::code) {
  Laws laws{{Law::utility, form, 1e5}, 1, {}, {}};
  for (size_t i = 0; i < 4; ++i)
    laws.pools.push_back({"pool " + std::to_string(i),
                          "pool",
                          "",
                          {static_cast<int64_t>(i)},
                          kReleasedN,
                          {0.025, kUtilityB[i], kUtilityTau[i], 0.1}});
  return laws;
}

std::vector<Curve> drawn(const Laws& laws, const Design& design, uint64_t key = 1) {
  assay::Stream stream(key);
  return simulate(laws, {}, design, stream);
}

FitOptions with(const Setting& setting) {
  FitOptions options;
  options.setting = setting;
  return options;
}
}  // namespace

TEST_CASE("joint fits are no worse than scipy's best of 30 starts, and at the same place") {
  std::ifstream file(ASSAY_ORACLES "/qqt_fits.json");
  REQUIRE(file);
  const auto oracle = nlohmann::json::parse(file);
  REQUIRE(oracle["fits"].size() == 3);
  for (const auto& f : oracle["fits"]) {
    CAPTURE(f["law"]);
    CAPTURE(f["form"]);
    std::vector<Curve> curves;
    for (size_t i = 0; i < f["errors"].size(); ++i) {
      Curve c{std::to_string(i), "pool", "", {static_cast<int64_t>(i)}, f["N"], {}};
      for (size_t j = 0; j < f["n"].size(); ++j)
        c.points.push_back({f["n"][j].get<double>(), f["errors"][i][j].get<double>()});
      curves.push_back(c);
    }
    auto options = with(make_setting(f["law"], f["form"], oracle["unit"]));
    options.d = f["d"];
    const Fit fit = fit_jointly(JointProblem(curves, options), 1);
    CHECK(fit.sse <= f["sse"].get<double>() * (1 + 1e-9));
    for (size_t i = 0; i < curves.size(); ++i) {
      CAPTURE(i);
      // The valley is flat: where SSE differs by 1e-10 of itself, tau differs by 1e-4 of itself.
      CHECK(fit.parameters[i].a == doctest::Approx(f["a"].get<double>()).epsilon(1e-3));
      CHECK(fit.parameters[i].b == doctest::Approx(f["b"][i].get<double>()).epsilon(1e-3));
      CHECK(fit.parameters[i].tau == doctest::Approx(f["tau"][i].get<double>()).epsilon(1e-3));
    }
  }
}

TEST_CASE("without noise every parameter is found again, d too") {
  for (const Form form : {Form::code, Form::paper}) {
    const Laws truth = released(form);
    auto options = with(truth.setting);
    options.d_free = true;
    const Fit fit = fit_jointly(JointProblem(drawn(truth, {{2, 4, 6, 8, 10}, 0, 1}), options), 1);
    CHECK(fit.sse < 1e-24);
    for (size_t i = 0; i < 4; ++i) {
      CHECK(fit.parameters[i].a == doctest::Approx(0.025).epsilon(1e-5));
      CHECK(fit.parameters[i].b == doctest::Approx(kUtilityB[i]).epsilon(1e-5));
      CHECK(fit.parameters[i].tau == doctest::Approx(kUtilityTau[i]).epsilon(1e-5));
      CHECK(fit.parameters[i].d == doctest::Approx(0.1).epsilon(1e-5));
    }
  }
}

TEST_CASE("a and tau may be shared, fixed, or each pool's own") {
  Laws truth = released();
  for (auto& p : truth.pools) p.p.tau = 4, p.p.a = 0.5;  // no error above 1, which is cut
  const auto curves = drawn(truth, {{0.5, 1, 2, 5, 10}, 0, 1});
  for (const Mode a : {Mode::shared, Mode::per_pool, Mode::fixed})
    for (const Mode tau : {Mode::shared, Mode::per_pool, Mode::fixed}) {
      auto options = with(truth.setting);
      options.a_mode = a, options.tau_mode = tau, options.a = 0.5, options.tau = 4;
      const Fit fit = fit_jointly(JointProblem(curves, options), 1);
      CAPTURE(static_cast<int>(a));
      CAPTURE(static_cast<int>(tau));
      CHECK(fit.sse < 1e-20);
      CHECK(fit.parameters[2].b == doctest::Approx(-0.1).epsilon(1e-4));
    }
}

TEST_CASE("a control without repetitions shares the exponent of its pool's quality") {
  Laws truth = released();
  truth.pools.resize(1);
  truth.pools[0].quality_id = "best";
  truth.pools.push_back({"more of it", "control", "best", {}, 100 * kReleasedN, truth.pools[0].p});
  const JointProblem problem(drawn(truth, {{1, 2, 4}, 0.001, 1}), with(truth.setting));
  CHECK(problem.free_parameters() == 4);  // a, one b, two tau
  const Fit fit = fit_jointly(problem, 1);
  CHECK(fit.parameters[0].b == fit.parameters[1].b);
  CHECK(fit.parameters[0].tau != fit.parameters[1].tau);
}

TEST_CASE("a fit stays in its ranges, and ends at a bound that cuts the optimum off") {
  auto options = with(released().setting);
  options.tau_range = {3, 6};
  const auto curves = drawn(released(), {{2, 4, 6, 8, 10}, 0, 1});
  const Fit fit = fit_jointly(JointProblem(curves, options), 1);
  for (const auto& p : fit.parameters) {
    CHECK(p.tau >= 3 * (1 - 1e-12));
    CHECK(p.tau <= 6 * (1 + 1e-12));
  }
  CHECK(fit.parameters[1].tau == doctest::Approx(6));  // the truth is 8.5
  CHECK(fit.parameters[3].tau == doctest::Approx(3));  // the truth is 2.3
}

TEST_CASE("the same key gives the same bits") {
  const auto curves = drawn(released(), {{2, 4, 6, 8, 10}, 0.0024, 1});
  const JointProblem problem(curves, with(released().setting));
  CHECK(fit_jointly(problem, 5).theta == fit_jointly(problem, 5).theta);
}

TEST_CASE("the minimiser finds the corner of a box, and stops at once where it starts there") {
  // f = (x - 3)^2 + (y + 2)^2 in [0, 1] x [0, 1]: the corner (1, 0).
  struct Bowl final : LeastSquares {
    double normal(const Vector& x, Vector* g, Matrix* H) const override {
      if (g) *g = Eigen::Vector2d(x[0] - 3, x[1] + 2), *H = Matrix::Identity(2, 2);
      return (x[0] - 3) * (x[0] - 3) + (x[1] + 2) * (x[1] + 2);
    }
  } bowl;
  const Bounds box{Vector::Zero(2), Vector::Ones(2)};
  const auto m = minimise(bowl, Vector::Constant(2, 0.5), box);
  CHECK(m.x == Vector(Vector::Unit(2, 0)));
  CHECK(m.converged);
  const auto again = minimise(bowl, m.x, box);
  CHECK(again.iterations == 1);
  CHECK(again.x == m.x);
}

TEST_CASE(
    "a step that the box cuts is no end of the search: the least on the box's face is found") {
  // f = (x - c)' H (x - c), c = (10, 9.9), strongly correlated; x_0 <= 0.1 cuts the minimum off.
  // At x_0 = 0.1, y - 9.9 = 0.99 (0.1 - 10) is best: f = 9.9^2 (1 - 0.99^2).
  struct Bowl final : LeastSquares {
    double normal(const Vector& x, Vector* g, Matrix* H) const override {
      const Eigen::Matrix2d J2{{1, -0.99}, {-0.99, 1}};
      const Eigen::Vector2d off = x - Eigen::Vector2d(10, 9.9);
      if (g) *g = J2 * off, *H = J2;
      return off.dot(J2 * off);
    }
  } bowl;
  const Bounds box{Eigen::Vector2d(-100, -100), Eigen::Vector2d(0.1, 100)};
  for (const double x : {-50.0, -1.0, 0.0, 0.0999, 0.1})
    for (const double y : {-50.0, 0.0, 0.1, 9.0, 50.0}) {
      CAPTURE(x);
      CAPTURE(y);
      const auto m = minimise(bowl, Eigen::Vector2d(x, y), box);
      CHECK(m.sum == doctest::Approx(9.9 * 9.9 * (1 - 0.99 * 0.99)).epsilon(1e-6));
      CHECK(m.converged);
    }
}

TEST_CASE("a fit says whether its best start had converged") {
  const JointProblem problem(drawn(released(), {{2, 4, 6, 8, 10}, 0.0024, 1}),
                             with(released().setting));
  CHECK(fit_jointly(problem, 1).converged);
  CHECK_FALSE(make_fit(problem, minimise(problem, projected_start(problem), problem.bounds(), {1}))
                  .converged);
}
