// Welford's recurrences, one row of sums per chain and window.
#include "plugins/diffusion/scores.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {
constexpr double kNoisePerSpacing = 0.14;

/// "3 of the 50 visited timesteps"
std::string count_of(int64_t held, size_t visited) {
  return std::to_string(held) + " of the " + std::to_string(visited) + " visited timesteps";
}
}  // namespace

Score score_named(const std::string& name) {
  for (size_t s = 0; s < kScores.size(); ++s)
    if (name == kScores[s]) return static_cast<Score>(s);
  throw std::invalid_argument("there is no score \"" + name +
                              "\"; use variance, path_length or noise_weighted");
}

std::string show(const Window& window) {
  return "[" + std::to_string(window.lo) + ", " + std::to_string(window.hi) + ")";
}

std::vector<Window> windows_of(const std::vector<int64_t>& ends) {
  if (ends.size() % 2 != 0)
    throw std::invalid_argument("windows are pairs of timesteps [lo, hi), but " +
                                std::to_string(ends.size()) + " numbers are given");
  std::vector<Window> windows;
  for (size_t i = 0; i < ends.size(); i += 2) {
    windows.push_back({ends[i], ends[i + 1]});
    if (windows.back().lo < 0 || windows.back().lo >= windows.back().hi)
      throw std::invalid_argument("the window " + show(windows.back()) +
                                  " is empty; it must be [lo, hi) with 0 <= lo < hi");
  }
  return windows;
}

Window auto_window(const Schedule& schedule, std::span<const int64_t> visited, double spacing) {
  Window window{0, 0};
  while (window.hi < schedule.timesteps() &&
         std::sqrt(schedule.noise(window.hi) / schedule.alpha_bar(window.hi)) <
             kNoisePerSpacing * spacing)
    ++window.hi;
  std::vector<int64_t> least(visited.begin(), visited.end());
  std::sort(least.begin(), least.end());
  if (least.size() >= 2) window.hi = std::max(window.hi, least[1] + 1);
  return window;
}

std::vector<double> signal_to_noise(const Schedule& schedule, std::span<const int64_t> visited) {
  std::vector<double> snr;
  for (const int64_t t : visited) snr.push_back(schedule.alpha_bar(t) / schedule.noise(t));
  return snr;
}

WindowScores::WindowScores(std::vector<Window> windows, std::span<const int64_t> visited,
                           std::span<const double> snr, int64_t n, int64_t features)
    : visited_(visited.begin(), visited.end()),
      snr_(snr.begin(), snr.end()),
      n_(n),
      features_(features),
      last_(static_cast<size_t>(n * features)) {
  if (std::adjacent_find(visited_.begin(), visited_.end(), std::less_equal<>()) != visited_.end())
    throw std::invalid_argument("the timesteps of a chain must descend");
  for (const auto& window : windows) {
    Sums sums;
    sums.window = window;
    for (size_t i = 0; i < visited_.size(); ++i)
      if (window.holds(visited_[i])) ++sums.visited, sums.weight += snr_[i];
    if (sums.visited < 2)
      throw std::invalid_argument("the window " + show(window) + " holds " +
                                  count_of(sums.visited, visited_.size()) +
                                  "; a score needs 2: widen it, or visit more timesteps");
    sums.mean.resize(static_cast<size_t>(n * features));
    sums.weighted_mean.resize(static_cast<size_t>(n * features));
    sums.square.resize(static_cast<size_t>(n));
    sums.weighted_square.resize(static_cast<size_t>(n));
    sums.path.resize(static_cast<size_t>(n));
    windows_.push_back(std::move(sums));
  }
}

bool WindowScores::wants(int64_t t) const {
  return std::any_of(windows_.begin(), windows_.end(),
                     [&](const Sums& sums) { return sums.window.holds(t); });
}

WindowScores::Turn WindowScores::turn(const Sums& sums, int64_t t) const {
  int64_t count = 0;
  double total = 0;
  for (size_t i = 0; i < visited_.size(); ++i) {
    if (!sums.window.holds(visited_[i])) continue;
    ++count, total += snr_[i];
    if (visited_[i] == t)
      return {count, 1.0 / static_cast<double>(count), snr_[i], snr_[i] / total};
  }
  throw std::invalid_argument("timestep " + std::to_string(t) + " is none that the chain visits");
}

/// kFeatures: D, or 0 for any.
template <int64_t kFeatures>
void WindowScores::add(Sums& sums, const Turn& turn, const float* x0, int64_t first, int64_t rows) {
  const int64_t features = kFeatures ? kFeatures : features_;
  double* __restrict mean = sums.mean.data() + first * features;
  double* __restrict weighted = sums.weighted_mean.data() + first * features;
  const float* last = last_.data() + first * features;
  double* __restrict square = sums.square.data() + first;
  double* __restrict weighted_square = sums.weighted_square.data() + first;
  double* __restrict path = sums.path.data() + first;
  const double moves = turn.count > 1 ? 1 : 0;
  for (int64_t i = 0; i < rows; ++i) {
    double squares = 0, weighted_squares = 0, moved = 0;
    for (int64_t j = i * features; j < (i + 1) * features; ++j) {
      const double x = static_cast<double>(x0[j]), off = x - mean[j],
                   weighted_off = x - weighted[j];
      mean[j] += turn.share * off;
      weighted[j] += turn.weighted_share * weighted_off;
      squares += off * (x - mean[j]);
      weighted_squares += weighted_off * (x - weighted[j]);
      moved += std::abs(x - static_cast<double>(last[j]));
    }
    square[i] += squares;
    weighted_square[i] += turn.weight * weighted_squares;
    path[i] += moves * moved;
  }
}

void WindowScores::see(int64_t t, const float* x0, int64_t first, int64_t rows) {
  for (auto& sums : windows_) {
    if (!sums.window.holds(t)) continue;
    const Turn now = turn(sums, t);
    if (features_ == 1) {
      add<1>(sums, now, x0, first, rows);
    } else if (features_ == 2) {
      add<2>(sums, now, x0, first, rows);
    } else {
      add<0>(sums, now, x0, first, rows);
    }
  }
  std::copy_n(x0, rows * features_, last_.begin() + first * features_);
}

double WindowScores::score(Score score, size_t w, int64_t chain) const {
  const Sums& sums = windows_[w];
  const auto i = static_cast<size_t>(chain);
  const auto D = static_cast<double>(features_), count = static_cast<double>(sums.visited);
  if (score == Score::variance) return sums.square[i] / (count * D);
  if (score == Score::path_length) return sums.path[i] / D;
  // sum snr (x - m)^2 = sum snr (x - m_snr)^2 + (sum snr) (m_snr - m)^2
  double between = 0;
  for (size_t j = i * static_cast<size_t>(features_); j < (i + 1) * static_cast<size_t>(features_);
       ++j)
    between += (sums.weighted_mean[j] - sums.mean[j]) * (sums.weighted_mean[j] - sums.mean[j]);
  return (sums.weighted_square[i] + sums.weight * between) / (count * D);
}

std::vector<double> WindowScores::scores(Score score, size_t w) const {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(n_));
  for (int64_t i = 0; i < n_; ++i) values.push_back(this->score(score, w, i));
  return values;
}

}  // namespace diffusion
