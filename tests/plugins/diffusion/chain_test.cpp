// Schedules, posteriors and chains against hand-worked cases and the identities they must satisfy.
#include "plugins/diffusion/chain.hpp"
#include "plugins/diffusion/mixture.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace diffusion;

TEST_CASE("every schedule and its posterior are those of a float64 script by Bayes' rule") {
  std::ifstream file(ASSAY_ORACLES "/diffusion_schedules.json");
  const auto oracle = nlohmann::json::parse(file);
  CHECK(oracle["schedules"].size() == 8);
  for (const auto& [name, rows] : oracle["schedules"].items()) {
    const auto s = make_schedule(name, oracle["timesteps"], oracle["first"], oracle["last"]);
    for (const auto& row : rows) {
      const auto t = row[0].get<int64_t>();
      CAPTURE(name);
      CAPTURE(t);
      const auto close = [](double ours, double truth) {
        return std::abs(ours - truth) <= 1e-10 * std::abs(truth) + 1e-15;
      };
      CHECK(close(s.beta(t), row[1]));
      CHECK(close(s.alpha_bar(t), row[2]));
      CHECK(close(s.posterior_c0(t), row[3]));
      CHECK(close(s.posterior_c1(t), row[4]));
      CHECK(close(s.posterior_variance(t), row[5]));
    }
  }
}

TEST_CASE("a chain of two timesteps has the posterior worked out by hand") {
  // beta = .5, .75: alpha_bar = .5, .125; q(x_0' | x_1, x_0) has mean c0 x_0 + c1 x_1.
  const Schedule s({0.5, 0.75});
  CHECK(s.alpha_bar(1) == doctest::Approx(0.125));
  CHECK(s.posterior_variance(1) == doctest::Approx(0.75 * 0.5 / 0.875));
  CHECK(s.posterior_c0(1) == doctest::Approx(0.75 * std::sqrt(0.5) / 0.875));
  CHECK(s.posterior_c1(1) == doctest::Approx(0.5 * 0.5 / 0.875));
  CHECK(s.posterior_variance(0) == 0);
}

TEST_CASE("DDIM with eta = 1 is DDPM with fixed-small variance on the same timesteps") {
  const auto s = make_schedule("linear", 1000, 0.001, 0.2);
  for (const auto& visited : {every_timestep(350), visited_timesteps("linear", 350, 50)}) {
    const auto ddim = ddim_chain(s, visited, 1), ddpm = ddpm_chain(s, visited, "fixed_small");
    REQUIRE(ddim.size() == ddpm.size());
    for (size_t i = 0; i < ddim.size(); ++i) {
      CHECK(ddim[i].t == ddpm[i].t);
      CHECK(ddim[i].keep == doctest::Approx(ddpm[i].keep).epsilon(1e-12));
      CHECK(ddim[i].move == doctest::Approx(ddpm[i].move).epsilon(1e-9));
      CHECK(ddim[i].sigma == doctest::Approx(ddpm[i].sigma).epsilon(1e-12));
    }
  }
}

TEST_CASE("a DDPM step is the posterior's mean at the predicted clean sample") {
  const auto s = make_schedule("linear", 100, 0.001, 0.2);
  for (const Step& step : ddpm_chain(s, every_timestep(100), "fixed_large")) {
    const double x = 0.7, eps = -0.4, x0 = step.from_x * x + step.from_eps * eps;
    CHECK(step.keep * x + step.move * eps ==
          doctest::Approx(s.posterior_c0(step.t) * x0 + s.posterior_c1(step.t) * x));
    CHECK(step.sigma == doctest::Approx(step.t ? std::sqrt(s.beta(step.t)) : 0));
  }
}

TEST_CASE("DDIM without noise keeps the true noise of a sample: it ends at x_0") {
  const auto s = make_schedule("cosine", 50, 0, 0);
  double x = std::sqrt(s.alpha_bar(48)) * 1.5 + std::sqrt(s.noise(48)) * -0.3;
  for (const Step& step : ddim_chain(s, {0, 7, 21, 48}, 0)) x = step.keep * x + step.move * -0.3;
  CHECK(x == doctest::Approx(1.5));
}

TEST_CASE("subsequences are those of the reference and the image repositories") {
  CHECK(visited_timesteps("linear", 1000, 300).size() == 334);  // 300 does not divide 1000
  CHECK(visited_timesteps("linear", 1000, 250)[1] == 4);
  const auto quadratic = visited_timesteps("quadratic", 1000, 10);
  CHECK(quadratic == std::vector<int64_t>{0, 10, 40, 89, 158, 247, 356, 484, 632, 800});
  CHECK(visited_timesteps("respace", 1000, 5) == std::vector<int64_t>{0, 250, 500, 749, 999});
  // The tenth sum of 49.95 is 499.49999999999994, of which the repositories make 499, not 500.
  CHECK(visited_timesteps("respace", 1000, 21)[10] == 499);
  CHECK(visited_timesteps("ddim", 1000, 50)[49] == 980);
  CHECK_THROWS_WITH(visited_timesteps("ddim", 1000, 999),
                    "no whole stride makes exactly 999 timesteps of 1000; choose another number of "
                    "steps, or the subsequence \"respace\"");
  CHECK_THROWS_WITH(visited_timesteps("quadratic", 10, 10),
                    "the quadratic subsequence of 10 steps visits t = 0 twice; choose fewer steps");
}

TEST_CASE("the schedule that ends in pure noise is refused where nothing of x_0 is left") {
  const auto s = make_schedule("jsd", 10, 0, 0);
  CHECK(s.alpha_bar(9) == 0);
  CHECK_THROWS_WITH(
      ddpm_chain(s, every_timestep(10), "fixed_large"),
      "alpha_bar is 0 at t = 9: nothing of x_0 is left there; set t_max to at most 9");
  CHECK(ddpm_chain(s, every_timestep(9), "fixed_large").size() == 9);
}

TEST_CASE("the lattice has 40 neighbouring pairs, turned or not, and no diagonal ones") {
  Mixture m{2, {}, std::vector<double>(25, 0.04), 0.05};
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) m.modes.insert(m.modes.end(), {1.0 * i, 1.0 * j});
  CHECK(gabriel_edges(m).size() == 40);
  for (const auto& [a, b] : gabriel_edges(m)) CHECK((b - a == 1 || b - a == 5));
  for (int64_t k = 0; k < 25; ++k) {
    const double x = m.modes[2 * k], y = m.modes[2 * k + 1];
    m.modes[2 * k] = x - y;
    m.modes[2 * k + 1] = x + y;
  }
  CHECK(gabriel_edges(m).size() == 40);
  const Mixture line{1, {1, 2, 4, 5}, std::vector<double>(4, 0.25), 0.05};
  CHECK(gabriel_edges(line).size() == 3);
  CHECK(spacing(line) == 1);
}

TEST_CASE("of one Gaussian the exact noise is linear in x") {
  const auto s = make_schedule("linear", 100, 0.001, 0.2);
  const ExactDenoiser exact({1, {2}, {1}, 0.5}, s);
  for (const int64_t t : {0, 10, 99}) {
    const double x = 1.3, a = s.alpha_bar(t), v = a * 0.25 + s.noise(t);
    double eps = 0;
    exact.eps(&x, t, &eps);
    CHECK(eps == doctest::Approx(std::sqrt(s.noise(t)) * (x - std::sqrt(a) * 2) / v));
  }
}
