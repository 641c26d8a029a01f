// Counting pairs, ranks and moments. Sorting an index by value is the work of all of it.
#include "plugins/common/stats/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

namespace assay::stats {
namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void same_length(size_t a, size_t b) {
  if (a != b)
    throw std::invalid_argument("a statistic was given " + std::to_string(a) + " and " +
                                std::to_string(b) + " values; they must be equally many");
}

bool any_nan(std::span<const double> x) {
  return std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); });
}

void refuse_nan(std::span<const double> x) {
  if (any_nan(x)) throw std::invalid_argument("values that hold a NaN have no order");
}

/// The indices of x sorted by `less`; ties by ascending index.
template <class Less>
std::vector<size_t> sorted_index(size_t n, Less less) {
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), less);
  return order;
}

std::vector<size_t> ascending(std::span<const double> x) {
  return sorted_index(x.size(), [&](size_t i, size_t j) { return x[i] < x[j]; });
}

/// The end of the group of order[begin..] whose members have equal x.
size_t group_end(std::span<const size_t> order, std::span<const double> x, size_t begin) {
  size_t end = begin + 1;
  while (end < order.size() && x[order[end]] == x[order[begin]]) ++end;
  return end;
}

/// (positive, negative) pairs, and twice how many of them the positive wins.
struct Pairs {
  int64_t count = 0, twice_won = 0;
};

/// Of the examples in `order`, which ascends in score.
Pairs count_pairs(std::span<const size_t> order, std::span<const double> score,
                  std::span<const uint8_t> positive) {
  Pairs pairs;
  int64_t positives = 0, negatives = 0;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = group_end(order, score, begin);
    int64_t p = 0;
    for (size_t i = begin; i < end; ++i) p += positive[order[i]] != 0 ? 1 : 0;
    const int64_t q = static_cast<int64_t>(end - begin) - p;
    pairs.twice_won += p * (2 * negatives + q);
    positives += p;
    negatives += q;
  }
  pairs.count = positives * negatives;
  return pairs;
}

double ratio(Pairs pairs) {
  if (pairs.count == 0) return kNaN;
  return static_cast<double>(pairs.twice_won) / 2.0 / static_cast<double>(pairs.count);
}

int64_t count_positive(std::span<const uint8_t> positive) {
  return std::count_if(positive.begin(), positive.end(), [](uint8_t p) { return p != 0; });
}

/// How many of the k highest scores are positive.
int64_t hits(std::span<const double> score, std::span<const uint8_t> positive, size_t k) {
  const std::vector<size_t> order = descending(score);
  int64_t found = 0;
  for (size_t i = 0; i < k; ++i) found += positive[order[i]] != 0 ? 1 : 0;
  return found;
}

double mean(std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

bool constant(std::span<const double> x) {
  return std::all_of(x.begin(), x.end(), [&](double v) { return v == x[0]; });
}
}  // namespace

double auc(std::span<const double> score, std::span<const uint8_t> positive) {
  same_length(score.size(), positive.size());
  if (any_nan(score)) return kNaN;
  return ratio(count_pairs(ascending(score), score, positive));
}

double matched_auc(std::span<const double> score, std::span<const uint8_t> positive,
                   std::span<const double> stratum) {
  same_length(score.size(), positive.size());
  same_length(score.size(), stratum.size());
  if (any_nan(score) || any_nan(stratum)) return kNaN;
  const std::vector<size_t> order = sorted_index(score.size(), [&](size_t i, size_t j) {
    return stratum[i] != stratum[j] ? stratum[i] < stratum[j] : score[i] < score[j];
  });
  Pairs all;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = group_end(order, stratum, begin);
    const Pairs inside = count_pairs(std::span(order).subspan(begin, end - begin), score, positive);
    all.count += inside.count;
    all.twice_won += inside.twice_won;
  }
  return ratio(all);
}

double average_precision(std::span<const double> score, std::span<const uint8_t> positive) {
  same_length(score.size(), positive.size());
  const int64_t total = count_positive(positive);
  if (total == 0 || any_nan(score)) return kNaN;
  const std::vector<size_t> order = descending(score);
  double sum = 0;
  int64_t found = 0;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = group_end(order, score, begin);
    int64_t p = 0;
    for (size_t i = begin; i < end; ++i) p += positive[order[i]] != 0 ? 1 : 0;
    found += p;
    sum += static_cast<double>(p) * static_cast<double>(found) / static_cast<double>(end);
  }
  return sum / static_cast<double>(total);
}

double precision_at_k(std::span<const double> score, std::span<const uint8_t> positive, size_t k) {
  same_length(score.size(), positive.size());
  if (k == 0 || k > score.size() || any_nan(score)) return kNaN;
  return static_cast<double>(hits(score, positive, k)) / static_cast<double>(k);
}

double recall_at_fraction(std::span<const double> score, std::span<const uint8_t> positive,
                          double fraction) {
  same_length(score.size(), positive.size());
  if (!(fraction >= 0 && fraction <= 1))
    throw std::invalid_argument("a recall is taken at a fraction in [0, 1], not at " +
                                std::to_string(fraction));
  const int64_t total = count_positive(positive);
  if (total == 0 || any_nan(score)) return kNaN;
  const auto k = static_cast<size_t>(std::llround(fraction * static_cast<double>(score.size())));
  return static_cast<double>(hits(score, positive, k)) / static_cast<double>(total);
}

std::vector<size_t> descending(std::span<const double> score) {
  refuse_nan(score);
  return sorted_index(score.size(), [&](size_t i, size_t j) { return score[i] > score[j]; });
}

std::vector<int64_t> min_ranks(std::span<const double> x) {
  refuse_nan(x);
  const std::vector<size_t> order = ascending(x);
  std::vector<int64_t> rank(x.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = group_end(order, x, begin);
    for (size_t i = begin; i < end; ++i) rank[order[i]] = static_cast<int64_t>(begin);
  }
  return rank;
}

std::vector<double> average_ranks(std::span<const double> x) {
  refuse_nan(x);
  const std::vector<size_t> order = ascending(x);
  std::vector<double> rank(x.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    end = group_end(order, x, begin);
    const double shared = static_cast<double>(begin + end - 1) / 2.0;
    for (size_t i = begin; i < end; ++i) rank[order[i]] = shared;
  }
  return rank;
}

double pearson(std::span<const double> x, std::span<const double> y) {
  same_length(x.size(), y.size());
  if (x.size() < 2 || constant(x) || constant(y)) return kNaN;
  const double mx = mean(x), my = mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - mx, dy = y[i] - my;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return std::clamp(xy / (std::sqrt(xx) * std::sqrt(yy)), -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y) {
  same_length(x.size(), y.size());
  if (any_nan(x) || any_nan(y)) return kNaN;
  return pearson(average_ranks(x), average_ranks(y));
}

std::vector<double> zscores(std::span<const double> x) {
  std::vector<double> z(x.size(), 0.0);
  if (x.empty() || constant(x)) return z;
  const double m = mean(x);
  double square = 0;
  for (const double v : x) square += (v - m) * (v - m);
  const double sd = std::sqrt(square / static_cast<double>(x.size()));
  std::transform(x.begin(), x.end(), z.begin(), [&](double v) { return (v - m) / sd; });
  return z;
}

}  // namespace assay::stats
