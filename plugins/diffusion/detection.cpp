#include "plugins/common/stats/ranking.hpp"
#include "plugins/diffusion/detection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

namespace diffusion {
namespace {

/// Indices by ascending score, ties by index.
std::vector<size_t> ascending(std::span<const double> score) {
  if (std::any_of(score.begin(), score.end(), [](double s) { return std::isnan(s); }))
    throw std::invalid_argument("a sample has no score (NaN): its chain diverged");
  std::vector<size_t> order(score.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t i, size_t j) { return score[i] < score[j]; });
  return order;
}

double share(int64_t part, int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string one_kind(std::span<const uint8_t> bad) {
  const auto n = static_cast<int64_t>(bad.size());
  const auto n_bad = std::count_if(bad.begin(), bad.end(), [](uint8_t b) { return b != 0; });
  if (n_bad > 0 && n_bad < n) return "";
  return (n_bad ? "all " : "none of the ") + std::to_string(n) +
         " samples are hallucinated, so there is nothing to tell apart; draw more samples";
}

std::vector<Point> removal_curve(std::span<const double> score, std::span<const uint8_t> bad) {
  if (score.size() != bad.size())
    throw std::invalid_argument("there are " + std::to_string(score.size()) + " scores and " +
                                std::to_string(bad.size()) +
                                " labels; they must be of the same samples");
  const auto n_bad = std::count_if(bad.begin(), bad.end(), [](uint8_t b) { return b != 0; });
  const auto n_good = static_cast<int64_t>(bad.size()) - n_bad;
  if (const auto why = one_kind(bad); !why.empty()) throw std::invalid_argument(why);
  const auto order = ascending(score);
  std::vector<Point> curve{{-std::numeric_limits<double>::infinity(), 1, 0}};
  int64_t removed = n_bad, kept = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (bad[order[i]] ? removed : kept) += bad[order[i]] ? -1 : 1;
    const bool last_of_ties = i + 1 == order.size() || score[order[i + 1]] != score[order[i]];
    if (last_of_ties)
      curve.push_back({score[order[i]], share(removed, n_bad), share(kept, n_good)});
  }
  return curve;
}

Point at_retention(const std::vector<Point>& curve, double retention) {
  return *std::find_if(curve.begin(), curve.end() - 1,
                       [&](const Point& p) { return p.retention >= retention; });
}

Point at_removal(const std::vector<Point>& curve, double removal) {
  return *std::find_if(curve.rbegin(), curve.rend() - 1,
                       [&](const Point& p) { return p.removal >= removal; });
}

Point at_tau(std::span<const double> score, std::span<const uint8_t> bad, double tau) {
  int64_t removed[2] = {}, count[2] = {};
  for (size_t i = 0; i < score.size(); ++i) {
    ++count[bad[i] != 0];
    removed[bad[i] != 0] += score[i] > tau;
  }
  return {tau, share(removed[1], count[1]), 1 - share(removed[0], count[0])};
}

Detection detect(std::span<const double> score, std::span<const uint8_t> bad, double retention,
                 double removal) {
  const auto curve = removal_curve(score, bad);
  return {assay::stats::auc(score, bad), at_retention(curve, retention),
          at_removal(curve, removal)};
}

std::vector<int64_t> lowest(std::span<const double> score, int64_t keep) {
  auto order = ascending(score);
  order.resize(std::min(order.size(), static_cast<size_t>(std::max<int64_t>(keep, 0))));
  std::vector<int64_t> kept(order.begin(), order.end());
  std::sort(kept.begin(), kept.end());
  return kept;
}

}  // namespace diffusion
