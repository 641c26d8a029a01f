#include "plugins/common/lm/attention_kernel.hpp"
#include "plugins/common/lm/simd.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace assay::lm {
namespace {

constexpr int64_t P = KvCache::kPage;
constexpr float kNone = -INFINITY;

/// A query's softmax so far.
struct Running {
  float greatest = kNone, sum = 0;
};

/// scores[a][p] = sum_d q[a][d] keys[d][p], kAcross queries and P keys.
template <int kAcross, int kVectors>
[[gnu::always_inline]] inline void scores_of(const float* const* q, const float* keys, int64_t D,
                                             float* scores) {
  for (int64_t p = 0; p < P; p += kVectors * kLanes) {
    Lanes sum[kAcross][kVectors] = {};
    for (int64_t d = 0; d < D; ++d) {
      const auto* key = reinterpret_cast<const Lanes*>(keys + d * P + p);
#pragma GCC unroll 8
      for (int a = 0; a < kAcross; ++a)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[a][v] += q[a][d] * key[v];
    }
    for (int a = 0; a < kAcross; ++a) std::memcpy(scores + a * P + p, sum[a], sizeof sum[a]);
  }
}

/// out[a][d] = out[a][d] keep[a] + sum_p weights[a][p] values[p][d] over `count` keys.
template <int kAcross, int kVectors>
[[gnu::always_inline]] inline void mix(const float* weights, const float* keep, const float* values,
                                       int64_t count, int64_t D, float* out) {
  int64_t d = 0;
  for (; d + kVectors * kLanes <= D; d += kVectors * kLanes) {
    Lanes sum[kAcross][kVectors];
    for (int a = 0; a < kAcross; ++a)
      for (int v = 0; v < kVectors; ++v)
        sum[a][v] = keep[a] * reinterpret_cast<const Lanes*>(out + a * D + d)[v];
    for (int64_t p = 0; p < count; ++p) {
      const auto* value = reinterpret_cast<const Lanes*>(values + p * D + d);
#pragma GCC unroll 8
      for (int a = 0; a < kAcross; ++a)
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[a][v] += weights[a * P + p] * value[v];
    }
    for (int a = 0; a < kAcross; ++a)
      for (int v = 0; v < kVectors; ++v) reinterpret_cast<Lanes*>(out + a * D + d)[v] = sum[a][v];
  }
  if (d == D) return;
  if constexpr (kVectors > 1) {
    for (; d + kLanes <= D; d += kLanes)
      for (int a = 0; a < kAcross; ++a) {
        Lanes sum = keep[a] * reinterpret_cast<const Lanes*>(out + a * D + d)[0];
        for (int64_t p = 0; p < count; ++p)
          sum += weights[a * P + p] * reinterpret_cast<const Lanes*>(values + p * D + d)[0];
        reinterpret_cast<Lanes*>(out + a * D + d)[0] = sum;
      }
  }
  for (; d < D; ++d)
    for (int a = 0; a < kAcross; ++a) {
      float sum = keep[a] * out[a * D + d];
      for (int64_t p = 0; p < count; ++p) sum += weights[a * P + p] * values[p * D + d];
      out[a * D + d] = sum;
    }
}

/// scores -> weights exp(score - greatest), zero outside of [low, high); updates `run`, returns
/// what the sums so far are multiplied by.
[[gnu::always_inline]] inline float soften(float* scores, int64_t low, int64_t high, float scale,
                                           Running& run) {
  const Ints index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Lanes none = Lanes{} + kNone;
  const auto least = static_cast<int32_t>(std::clamp<int64_t>(low, 0, P));
  const auto most = static_cast<int32_t>(std::clamp<int64_t>(high, 0, P));
  Lanes best = none;
  for (int32_t p = 0; p < P; p += kLanes) {
    const Lanes x = *reinterpret_cast<Lanes*>(scores + p) * scale;
    const Lanes seen = ((index + p >= least) & (index + p < most)) ? x : none;
    *reinterpret_cast<Lanes*>(scores + p) = seen;
    best = seen > best ? seen : best;
  }
  float greatest = run.greatest;
  for (int64_t i = 0; i < kLanes; ++i) greatest = best[i] > greatest ? best[i] : greatest;
  if (greatest == kNone) {  // it sees nothing of this page, nor of those before
    std::fill_n(scores, P, 0.0f);
    return 1;
  }
  Lanes sums{};
  for (int64_t p = 0; p < P; p += kLanes) {
    Lanes x = *reinterpret_cast<Lanes*>(scores + p) - greatest;
    exp_in_place(x);
    *reinterpret_cast<Lanes*>(scores + p) = x;
    sums += x;
  }
  float sum = 0;
  for (int64_t i = 0; i < kLanes; ++i) sum += sums[i];
  Lanes change = Lanes{} + (run.greatest - greatest);
  exp_in_place(change);
  run = {greatest, run.sum * change[0] + sum};
  return change[0];
}

/// kAcross queries, (row, head) pairs from `begin` on in row-major order, over all pages.
template <int kAcross, class Machine>
[[gnu::always_inline]] inline void block(const AttentionTask& task, const AttentionShape& shape,
                                         int64_t begin, float* sums) {
  const int64_t D = shape.dims, each = shape.heads / shape.groups;
  const float* q[kAcross];
  int64_t position[kAcross];
  Running run[kAcross];
  float keep[kAcross];
  alignas(64) float scores[kAcross * P];
  std::fill_n(sums, kAcross * D, 0.0f);
  for (int a = 0; a < kAcross; ++a) {
    const int64_t row = (begin + a) / each, head = (begin + a) % each;
    q[a] = task.q + row * shape.heads * D + head * D;
    position[a] = task.first + row;
  }
  const int64_t end = position[kAcross - 1] + 1;
  const int64_t start = shape.window > 0 ? std::max<int64_t>(0, position[0] + 1 - shape.window) : 0;
  for (int64_t page = start / P; page * P < end; ++page) {
    const int64_t from = page * P, offset = task.group * D * P;
    scores_of<kAcross, Machine::kVectors>(q, task.cache->keys_of(task.layer, page) + offset, D,
                                          scores);
    for (int a = 0; a < kAcross; ++a) {
      const int64_t low = shape.window > 0 ? position[a] + 1 - shape.window - from : 0;
      keep[a] = soften(scores + a * P, low, position[a] + 1 - from, static_cast<float>(shape.scale),
                       run[a]);
    }
    mix<kAcross, Machine::kVectors>(scores, keep, task.cache->values_of(task.layer, page) + offset,
                                    std::min(P, end - from), D, sums);
  }
  for (int a = 0; a < kAcross; ++a) {
    const int64_t row = (begin + a) / each, head = (begin + a) % each;
    float* out = task.out + row * shape.heads * D + head * D;
    for (int64_t d = 0; d < D; ++d) out[d] = sums[a * D + d] / run[a].sum;
  }
}

/// The task's keys and values into the cache.
[[gnu::always_inline]] inline void store(const AttentionTask& task, const AttentionShape& shape) {
  const int64_t D = shape.dims, stride = shape.groups * D, offset = task.group * D * P;
  for (int64_t row = 0; row < task.rows; ++row) {
    const int64_t page = (task.first + row) / P, p = (task.first + row) % P;
    float* keys = task.cache->keys_of(task.layer, page) + offset;
    for (int64_t d = 0; d < D; ++d) keys[d * P + p] = task.k[row * stride + d];
    std::copy_n(task.v + row * stride, D, task.cache->values_of(task.layer, page) + offset + p * D);
  }
}

template <class Machine>
[[gnu::always_inline]] inline void run(const AttentionTask& task, const AttentionShape& shape,
                                       float* sums) {
  store(task, shape);
  const int64_t count = task.rows * (shape.heads / shape.groups);
  int64_t i = 0;
  for (; i + 6 <= count; i += 6) block<6, Machine>(task, shape, i, sums);
  for (; i + 3 <= count; i += 3) block<3, Machine>(task, shape, i, sums);
  for (; i < count; ++i) block<1, Machine>(task, shape, i, sums);
}

ASSAY_MACHINES(run_on, (const AttentionTask& task, const AttentionShape& shape, float* sums), run,
               (task, shape, sums))

}  // namespace

void attend_task(const AttentionTask& task, const AttentionShape& shape) {
  std::vector<float> sums(static_cast<size_t>(6 * shape.dims));
  run_on(task, shape, sums.data());
}

}  // namespace assay::lm
