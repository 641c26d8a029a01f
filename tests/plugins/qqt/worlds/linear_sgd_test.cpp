// Averaged stochastic gradient descent of linear models against its definition.
#include "plugins/qqt/linear_sgd.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <numeric>

using namespace qqt;

namespace {

struct Case {
  std::vector<std::vector<double>> x;
  std::vector<double> y;
};

void step(LinearSgd& sgd, int64_t run, const Case& c, const std::vector<int64_t>& batch) {
  std::vector<const double*> x;
  std::vector<double> y;
  for (const int64_t i : batch) {
    x.push_back(c.x[static_cast<size_t>(i)].data());
    y.push_back(c.y[static_cast<size_t>(i)]);
  }
  sgd.step(run, x, y);
}

/// Half the sum of the squared residuals.
double loss(const Case& c, const std::vector<double>& w) {
  double sum = 0;
  for (size_t i = 0; i < c.x.size(); ++i) {
    double residual = -c.y[i];
    for (size_t j = 0; j < w.size(); ++j) residual += w[j] * c.x[i][j];
    sum += residual * residual / 2;
  }
  return sum;
}

}  // namespace

TEST_CASE("errors after every step agree with those of an independent script") {
  const auto oracle = nlohmann::json::parse(std::ifstream(ASSAY_ORACLES "/qqt_linear_sgd.json"));
  for (const auto& o : oracle) {
    const Case c{o["x"], o["y"]};
    const auto features = o["features"].get<int64_t>();
    CAPTURE(features);
    LinearSgd sgd(1, power_law_spectrum(features, o["decay"]), o["rate"], o["average"]);
    CHECK(sgd.error(0) == doctest::Approx(1).epsilon(1e-14));
    for (size_t s = 0; s < o["batches"].size(); ++s) {
      step(sgd, 0, c, o["batches"][s]);
      CHECK(sgd.error(0) == doctest::Approx(o["errors"][s].get<double>()).epsilon(1e-11));
    }
  }
}

TEST_CASE("a step goes down the gradient of half the summed squares") {
  Case c{{{0.3, -0.8, 0.5}, {1.1, 0.2, -0.4}}, {0.7, -0.2}};
  LinearSgd sgd(1, {0.5, 0.3, 0.2}, 0.1, 1);
  step(sgd, 0, c, {0, 1});
  step(sgd, 0, c, {1});  // so that the iterate is not 0
  const auto before = sgd.iterates();
  step(sgd, 0, c, {0, 1});
  for (size_t j = 0; j < 3; ++j) {
    auto up = before, down = before;
    up[j] += 1e-5, down[j] -= 1e-5;
    const double gradient = (loss(c, up) - loss(c, down)) / 2e-5;
    CHECK((before[j] - sgd.iterates()[j]) / 0.1 == doctest::Approx(gradient).epsilon(1e-8));
  }
}

TEST_CASE("runs do not touch one another") {
  const Case c{{{1, 2}, {3, -1}}, {0.5, 2}};
  LinearSgd both(2, {0.6, 0.4}, 0.05, 0.5), alone(1, {0.6, 0.4}, 0.05, 0.5);
  step(both, 0, c, {1});
  step(both, 1, c, {0});
  step(alone, 0, c, {0});
  CHECK(both.error(1) == alone.error(0));
  CHECK(both.error(0) != alone.error(0));
}

TEST_CASE("the spectrum falls as the power law says, and sums to 1") {
  const auto lambda = power_law_spectrum(1000, 1.3);
  CHECK(std::accumulate(lambda.begin(), lambda.end(), 0.0) == doctest::Approx(1).epsilon(1e-14));
  CHECK(lambda[9] / lambda[0] == doctest::Approx(std::pow(10, -1.3)));
}
