#include "plugins/localization/feldman.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace localization {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double share(int64_t part, int64_t whole) {
  return whole ? static_cast<double>(part) / static_cast<double>(whole) : kNaN;
}

bool before(const Influence& a, const Influence& b) {
  return std::tuple(-a.value, a.train, a.test) < std::tuple(-b.value, b.train, b.test);
}

}  // namespace

std::vector<int64_t> subset(int64_t n, double fraction, int64_t j, uint64_t key) {
  const auto size = static_cast<int64_t>(std::floor(fraction * static_cast<double>(n) + 1e-9));
  if (size < 1 || size >= n)
    throw std::invalid_argument("mem_fraction " + std::to_string(fraction) + " of " +
                                std::to_string(n) + " examples leaves no one " +
                                (size < 1 ? "in" : "out of") + " the subsets");
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  assay::Stream(key, static_cast<uint64_t>(j) << 32).shuffle(order);
  order.resize(static_cast<size_t>(size));
  std::sort(order.begin(), order.end());
  return order;
}

Scores memorisation(const Votes& in, const Votes& right) {
  const auto N = static_cast<size_t>(in.columns);
  std::vector<int64_t> right_in(N), right_out(N);
  Scores m;
  m.n_in.resize(N);
  m.n_out.resize(N);
  for (int64_t j = 0; j < in.models(); ++j)
    for (size_t i = 0; i < N; ++i) {
      const bool member = in.model(j)[i];
      ++(member ? m.n_in : m.n_out)[i];
      (member ? right_in : right_out)[i] += right.model(j)[i];
    }
  for (size_t i = 0; i < N; ++i) {
    const double p = share(right_in[i], m.n_in[i]), q = share(right_out[i], m.n_out[i]);
    m.p_in.push_back(p);
    m.p_out.push_back(q);
    m.score.push_back(p - q);
    m.error.push_back(std::sqrt(p * (1 - p) / static_cast<double>(m.n_in[i]) +
                                q * (1 - q) / static_cast<double>(m.n_out[i])));
  }
  return m;
}

std::vector<Influence> strongest(const Votes& in, const Votes& right,
                                 std::span<const int64_t> candidates, int64_t most) {
  // Count, for each test example, the models that are right about it.
  const auto M = static_cast<size_t>(right.columns);
  std::vector<int32_t> total(M), with(M);
  for (int64_t j = 0; j < right.models(); ++j)
    for (size_t t = 0; t < M; ++t) total[t] += right.model(j)[t];

  // Keep the best pairs, the least of them on top of a heap.
  std::vector<Influence> kept;
  for (const int64_t i : candidates) {
    std::fill(with.begin(), with.end(), 0);
    int64_t n_in = 0;
    for (int64_t j = 0; j < in.models(); ++j) {
      if (!in.model(j)[static_cast<size_t>(i)]) continue;
      ++n_in;
      const uint8_t* row = right.model(j).data();
      for (size_t t = 0; t < M; ++t) with[t] += row[t];
    }
    const int64_t n_out = in.models() - n_in;
    if (n_in == 0 || n_out == 0) continue;
    for (size_t t = 0; t < M; ++t) {
      const Influence pair{i, static_cast<int64_t>(t),
                           share(with[t], n_in) - share(total[t] - with[t], n_out)};
      if (static_cast<int64_t>(kept.size()) < most) {
        kept.push_back(pair);
        std::push_heap(kept.begin(), kept.end(), before);
      } else if (most && before(pair, kept.front())) {
        std::pop_heap(kept.begin(), kept.end(), before);
        kept.back() = pair;
        std::push_heap(kept.begin(), kept.end(), before);
      }
    }
  }
  std::sort(kept.begin(), kept.end(), before);
  return kept;
}

}  // namespace localization
