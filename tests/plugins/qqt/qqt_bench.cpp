// What fitting takes, on curves in a JSON file that the race has made: joint fits from 12 starts, a
// grid of 10^6 nodes, 1000 bootstrap draws, Eigen's own Levenberg-Marquardt through a transform of
// the bounds, and how fast this processor takes exponentials.
// Usage: bench_qqt CURVES.json [ROUNDS]
#include "plugins/qqt/grid.hpp"
#include "plugins/qqt/intervals.hpp"
#include "tests/plugins/qqt/eigen_fit.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace qqt;

namespace {

/// The median time of a call.
template <class Body>
double seconds(int rounds, Body&& body) {
  std::vector<double> times;
  for (int r = 0; r < rounds; ++r) {
    const auto start = std::chrono::steady_clock::now();
    body();
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::vector<Curve> read(const char* path) {
  std::vector<Curve> curves;
  std::ifstream file(path);
  const auto made = nlohmann::json::parse(file);
  for (const auto& pool : made["pools"]) {
    Curve c{pool["name"], "pool", "", {}, pool["N"], {}};
    for (const auto& p : pool["points"]) c.points.push_back({p[0], p[1]});
    curves.push_back(std::move(c));
  }
  return curves;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto curves = read(argv[1]);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 21;
  FitOptions options;
  options.setting.form = Form::code;

  Fit fit;
  const double fitting =
      seconds(rounds, [&] { fit = fit_jointly(JointProblem(curves, options), 1); });
  const JointProblem problem(curves, options);
  FitOptions one_start = options;
  one_start.starts = 1;
  const double first = seconds(rounds, [&] { fit_jointly(JointProblem(curves, one_start), 1); });

  EigenFit other;
  const double through_eigen = seconds(rounds, [&] { other = fit_with_eigen(problem, 1); });

  const GridAxes axes{evenly({1e-4, 0.04}, 100), evenly({-0.5, -0.005}, 100), evenly({1, 10}, 100)};
  double sink = 0;
  const double grid = seconds(rounds, [&] {
    sink += search_grid(options.setting, problem.epochs(0), problem.measured(0), axes, 0.1).sse[0];
  });

  size_t draws = 0;
  const double drawing = seconds(
      3, [&] { draws = bootstrap(problem, fit, curves, Resample::residuals, 1000, 1).size(); });

  // The limit of the grid: its exponentials, 2 for each (b, tau, point), and 3 operations a node.
  constexpr size_t kExps = 100 * 100 * 5 * 2;
  std::vector<double> x(1000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = -1e-3 * static_cast<double>(i);
  const double exps = seconds(rounds, [&] {
    for (size_t i = 0; i < kExps; ++i) sink += std::exp(x[i % x.size()]);
  });
  std::printf(
      "{\"fit_s\": %.6g, \"fit_1_start_s\": %.6g, \"sse\": %.10g, \"eigen_s\": %.6g, "
      "\"eigen_sse\": %.10g, \"grid_s\": %.6g, \"bootstrap_s\": %.6g, \"draws\": %zu, "
      "\"exp_s\": %.6g, \"exps\": %zu, \"sink\": %.3g}\n",
      fitting, first, fit.sse, through_eigen, other.sse, grid, drawing, draws, exps, kExps, sink);
}
