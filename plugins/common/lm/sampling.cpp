#include "plugins/common/lm/distribution.hpp"
#include "plugins/common/lm/sampling.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace assay::lm {
namespace {

constexpr size_t kBlock = 64;  // weights of a sum that `exponentials` makes

/// Logits after the penalty: of a token that was there, divided if positive, else multiplied.
std::vector<float> penalised(std::span<const float> logits, double penalty,
                             std::span<const text::Id> seen) {
  std::vector<float> out(logits.begin(), logits.end());
  const auto p = static_cast<float>(penalty);
  for (const auto id : seen) {
    const float l = logits[static_cast<size_t>(id)];
    out[static_cast<size_t>(id)] = l > 0 ? l / p : l * p;
  }
  return out;
}

/// The most probable ids, by falling weight and then rising id: as many as top-k and top-p allow.
/// The weights of ids that are not so probable are not looked at twice.
std::vector<text::Id> most_probable(const std::vector<float>& weights, double total,
                                    const Sampling& s) {
  std::vector<text::Id> ids;
  const size_t n = weights.size(), k = s.top_k > 0 ? static_cast<size_t>(s.top_k) : n;
  // Candidates above a threshold that falls until they are enough.
  for (float threshold = 1.0f / 16;; threshold /= 256) {
    ids.clear();
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
      if (weights[i] >= threshold || threshold < 1e-30f) {
        ids.push_back(static_cast<text::Id>(i));
        sum += static_cast<double>(weights[i]);
      }
    if (ids.size() == n || ids.size() >= k || (s.top_k <= 0 && sum >= s.top_p * total)) break;
  }
  const auto weight = [&](text::Id id) { return weights[static_cast<size_t>(id)]; };
  std::sort(ids.begin(), ids.end(), [&](text::Id a, text::Id b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
  });
  if (k < ids.size()) {
    size_t end = k;
    while (end < ids.size() && weight(ids[end]) == weight(ids[k - 1])) ++end;
    ids.resize(end);
  }
  if (s.top_p < 1) {
    double all = total, sum = 0;
    if (s.top_k > 0)
      all = std::accumulate(ids.begin(), ids.end(), 0.0, [&](double sum_, text::Id id) {
        return sum_ + static_cast<double>(weight(id));
      });
    size_t end = 0;
    while (end < ids.size() && sum < s.top_p * all) sum += static_cast<double>(weight(ids[end++]));
    ids.resize(std::max<size_t>(end, 1));
  }
  return ids;
}

}  // namespace

void check(const Sampling& s) {
  const auto complain = [](const char* name, double value, const char* allowed) {
    throw std::invalid_argument(std::string(name) + " is " + std::to_string(value) + "; it is " +
                                allowed);
  };
  if (!(s.temperature >= 0) || std::isinf(s.temperature))
    complain("temperature", s.temperature, "a finite number, at least 0");
  if (s.temperature > 0 && s.temperature < 1e-30)  // float32 could not divide by it
    throw std::invalid_argument(
        "temperature is above 0 and below 1e-30; it is 0, or at least that");
  if (s.top_k < 0) complain("top_k", static_cast<double>(s.top_k), "at least 0 (0: all)");
  if (!(s.top_p > 0 && s.top_p <= 1)) complain("top_p", s.top_p, "above 0 and at most 1");
  if (!(s.repetition_penalty >= 1e-6 && s.repetition_penalty <= 1e6))
    complain("repetition_penalty", s.repetition_penalty, "a number from 1e-6 to 1e6");
}

text::Id choose(std::span<const float> logits, const Sampling& s, std::span<const text::Id> seen,
                uint64_t index) {
  std::vector<float> changed;
  if (s.repetition_penalty != 1) logits = changed = penalised(logits, s.repetition_penalty, seen);
  const auto greatest = std::max_element(logits.begin(), logits.end());
  if (s.temperature == 0) return static_cast<text::Id>(greatest - logits.begin());

  std::vector<float> weights(logits.size());
  std::vector<double> sums((logits.size() + kBlock - 1) / kBlock);
  exponentials(logits.data(), static_cast<int64_t>(logits.size()), *greatest,
               static_cast<float>(s.temperature), weights.data(), sums.data());
  double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  double point = Philox(s.key).uniform(index);  // of the total, in [0, 1)

  if (s.top_k > 0 || s.top_p < 1) {
    const auto ids = most_probable(weights, total, s);
    const auto weight = [&](text::Id id) {
      return static_cast<double>(weights[static_cast<size_t>(id)]);
    };
    total = 0;
    for (const auto id : ids) total += weight(id);
    point *= total;
    for (const auto id : ids)
      if ((point -= weight(id)) < 0) return id;
    return ids.front();
  }
  point *= total;
  size_t block = 0;
  while (block + 1 < sums.size() && point >= sums[block]) point -= sums[block++];
  for (size_t i = block * kBlock; i < std::min(logits.size(), (block + 1) * kBlock); ++i)
    if ((point -= static_cast<double>(weights[i])) < 0) return static_cast<text::Id>(i);
  return static_cast<text::Id>(greatest - logits.begin());  // rounding left nothing
}

}  // namespace assay::lm
