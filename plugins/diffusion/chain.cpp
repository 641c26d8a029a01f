// Samplers as lists of linear steps.
#include "plugins/diffusion/chain.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {

/// round(x), halves to the even neighbour.
int64_t round_even(double x) { return static_cast<int64_t>(std::nearbyint(x)); }

std::vector<int64_t> multiples(int64_t stride, int64_t limit) {
  std::vector<int64_t> out;
  for (int64_t t = 0; t < limit; t += stride) out.push_back(t);
  return out;
}

std::vector<int64_t> ddim_multiples(int64_t limit, int64_t count) {
  for (int64_t stride = 1; stride <= limit; ++stride)
    if ((limit + stride - 1) / stride == count) return multiples(stride, limit);
  throw std::invalid_argument("no whole stride makes exactly " + std::to_string(count) +
                              " timesteps of " + std::to_string(limit) +
                              "; choose another number of steps, or the subsequence \"respace\"");
}

/// What a step needs to know of the noise around it.
struct Level {
  int64_t t;
  double alpha;          // of the respaced chain: alpha_bar(t) / alpha_bar(before)
  double noise, before;  // 1 - alpha_bar at t and at the visited timestep before
  double posterior_variance() const { return (1 - alpha) * before / noise; }
};

std::vector<Level> levels(const Schedule& schedule, const std::vector<int64_t>& visited) {
  std::vector<Level> out;
  int64_t before = -1;
  for (const int64_t t : visited) {
    if (t <= before || t >= schedule.timesteps())
      throw std::invalid_argument("timestep " + std::to_string(t) +
                                  " is not above the one before it and below " +
                                  std::to_string(schedule.timesteps()));
    double alpha = 1;
    for (int64_t s = before + 1; s <= t; ++s) alpha *= schedule.alpha(s);
    if (!(alpha > 0) || !(schedule.alpha_bar(t) > 0))
      throw std::invalid_argument("alpha_bar is 0 at t = " + std::to_string(t) +
                                  ": nothing of x_0 is left there; set t_max to at most " +
                                  std::to_string(t));
    out.push_back({t, alpha, schedule.noise(t), schedule.noise(before)});
    before = t;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Step step_of(const Schedule& schedule, const Level& level, double move, double variance) {
  const double root = std::sqrt(schedule.alpha_bar(level.t));
  return {level.t, 1 / root,           -std::sqrt(level.noise) / root, 1 / std::sqrt(level.alpha),
          move,    std::sqrt(variance)};
}
}  // namespace

std::vector<int64_t> every_timestep(int64_t limit) { return multiples(1, limit); }

std::vector<int64_t> visited_timesteps(const std::string& rule, int64_t limit, int64_t count) {
  if (count < 1 || count > limit)
    throw std::invalid_argument(std::to_string(count) + " steps cannot be chosen out of " +
                                std::to_string(limit) + " timesteps");
  if (rule == "linear") return multiples(limit / count, limit);
  if (rule == "ddim") return ddim_multiples(limit, count);
  const bool quadratic = rule == "quadratic";
  if (!quadratic && rule != "respace")
    throw std::invalid_argument("there is no subsequence \"" + rule + "\"");
  const double end =
      quadratic ? std::sqrt(0.8 * static_cast<double>(limit)) : static_cast<double>(limit - 1);
  const double stride = count == 1 ? 0 : end / static_cast<double>(count - 1);
  double sum = 0;  // of strides: what the image repositories round
  std::vector<int64_t> out;
  for (int64_t i = 0; i < count; ++i, sum += stride) {
    const double x = !quadratic   ? sum
                     : count == 1 ? 0
                                  : end * static_cast<double>(i) / static_cast<double>(count - 1);
    out.push_back(round_even(quadratic ? x * x : x));
    if (i > 0 && out[out.size() - 2] == out.back())
      throw std::invalid_argument("the " + rule + " subsequence of " + std::to_string(count) +
                                  " steps visits t = " + std::to_string(out.back()) +
                                  " twice; choose fewer steps");
  }
  return out;
}

std::vector<Step> ddpm_chain(const Schedule& schedule, const std::vector<int64_t>& visited,
                             const std::string& variance) {
  std::vector<Step> chain;
  for (const Level& level : levels(schedule, visited)) {
    const double beta = 1 - level.alpha;
    const double move = -beta / std::sqrt(level.noise * level.alpha);
    const double added = variance == "fixed_large" ? beta : level.posterior_variance();
    chain.push_back(step_of(schedule, level, move, level.before > 0 ? added : 0));
  }
  return chain;
}

std::vector<Step> ddim_chain(const Schedule& schedule, const std::vector<int64_t>& visited,
                             double eta) {
  std::vector<Step> chain;
  for (const Level& level : levels(schedule, visited)) {
    const double variance = eta * eta * level.posterior_variance();
    const double move =
        std::sqrt(std::max(0.0, level.before - variance)) - std::sqrt(level.noise / level.alpha);
    chain.push_back(step_of(schedule, level, move, variance));
  }
  return chain;
}

}  // namespace diffusion
