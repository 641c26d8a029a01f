#include "plugins/common/lm/product.hpp"
#include "plugins/common/lm/simd.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

namespace assay::lm {
namespace {

constexpr int64_t kBlock = 48;    // rows of W whose results are written at a time
constexpr int64_t kStripe = 256;  // rows of x whose panels stay in the cache
constexpr int64_t kFew = 4;       // rows of x that are not worth a panel

thread_local bool plain_products = false;

/// A product of rows whose panels are made.
struct Job {
  const float* x;       // (rows, in)
  const float* panels;  // (panels, in, lanes)
  int64_t rows, in;
  const float* weight;
  int64_t out;
  const float* bias;
  float* y;

  /// Where W[n][k] is.
  template <bool kTransposed>
  const float* at(int64_t n, int64_t k) const {
    return kTransposed ? weight + k * out + n : weight + n * in + k;
  }
};

/// kTall rows of W from `n` on times kVectors vectors of rows of x:
/// to[r][lane] = sum_k W[n + r][k] x[k][lane]. `next` is what the next block of W begins with.
template <bool kTransposed, int kTall, int kVectors>
[[gnu::always_inline]] inline void tile(const Job& job, int64_t n, const float* x,
                                        const float* next, float* to) {
  constexpr int kStep = kTall % 3 == 0 ? 3 : 1;
  Lanes sum[kTall][kVectors] = {};
  const float* start[kTall / kStep];
  for (int r = 0; r < kTall / kStep; ++r) start[r] = job.at<kTransposed>(n + kStep * r, 0);
  const int64_t down = kTransposed ? 1 : job.in, along = kTransposed ? job.out : 1;
  for (int64_t k = 0; k < job.in; ++k, x += kLanes * kVectors) {
    const auto* lanes = reinterpret_cast<const Lanes*>(x);
    __builtin_prefetch(next + (kTransposed ? k * job.out : k * kTall), 0, 2);
#pragma GCC unroll 8
    for (int r = 0; r < kTall / kStep; ++r)
#pragma GCC unroll 3
      for (int s = 0; s < kStep; ++s) {
        const float factor = start[r][s * down + k * along];
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v) sum[kStep * r + s][v] += factor * lanes[v];
      }
  }
  std::memcpy(to, sum, sizeof sum);
}

/// Sixteen rows of W from `n` on, turned in registers, times kRows rows of x.
template <bool kTransposed, int kRows>
[[gnu::always_inline]] inline void few_rows(const Job& job, int64_t n) {
  Lanes sum[kRows] = {};
  const float* next = job.at<kTransposed>(std::min(n + kLanes, job.out - 1), 0);
  int64_t k = 0;
  for (; k + kLanes <= job.in; k += kLanes) {
    Lanes w[kLanes];
    if (!kTransposed)  // what the next sixteen rows hold, line by line
      for (int i = 0; i < kLanes; ++i) __builtin_prefetch(next + (k + i) * kLanes);
    for (int i = 0; i < kLanes; ++i)
      w[i] = *reinterpret_cast<const Lanes*>(kTransposed ? job.at<true>(n, k + i)
                                                         : job.at<false>(n + i, k));
    if constexpr (!kTransposed) turn(w);
    for (int i = 0; i < kLanes; ++i)
      for (int m = 0; m < kRows; ++m) sum[m] += job.x[m * job.in + k + i] * w[i];
  }
  for (; k < job.in; ++k) {
    Lanes w;
    for (int i = 0; i < kLanes; ++i) w[i] = *job.at<kTransposed>(n + i, k);
    for (int m = 0; m < kRows; ++m) sum[m] += job.x[m * job.in + k] * w;
  }
  for (int m = 0; m < kRows; ++m) {
    if (job.bias) sum[m] += *reinterpret_cast<const Lanes*>(job.bias + n);
    *reinterpret_cast<Lanes*>(job.y + m * job.out + n) = sum[m];
  }
}

/// sums (count, lanes) -> y[row ..][n .. n + count), with the bias.
template <int kVectors>
[[gnu::always_inline]] inline void write(const Job& job, const float* sums, int64_t row,
                                         int64_t rows, int64_t n, int64_t count) {
  constexpr int64_t lanes = kLanes * kVectors;
  int64_t r = 0;
  for (; r + kLanes <= count; r += kLanes)
    for (int v = 0; v < kVectors; ++v) {
      Lanes block[kLanes];
      for (int i = 0; i < kLanes; ++i)
        block[i] = *reinterpret_cast<const Lanes*>(sums + (r + i) * lanes + v * kLanes);
      turn(block);
      const int64_t most = std::min<int64_t>(kLanes, rows - v * kLanes);
      float* to = job.y + (row + v * kLanes) * job.out + n + r;
      for (int64_t m = 0; m < most; ++m, to += job.out) {
        if (job.bias) block[m] += *reinterpret_cast<const Lanes*>(job.bias + n + r);
        *reinterpret_cast<Lanes*>(to) = block[m];
      }
    }
  for (; r < count; ++r)
    for (int64_t m = 0; m < rows; ++m)
      job.y[(row + m) * job.out + n + r] =
          sums[r * lanes + m] + (job.bias ? job.bias[n + r] : 0.0f);
}

/// Rows of W [n, n + count), count <= kBlock, times one panel.
template <bool kTransposed, int kTall, int kVectors>
[[gnu::always_inline]] inline void block_of(const Job& job, const float* panel, int64_t row,
                                            int64_t rows, int64_t n, int64_t count) {
  constexpr int64_t lanes = kLanes * kVectors;
  alignas(64) float sums[kBlock * lanes];
  int64_t r = 0;
  const auto next = [&]() __attribute__((always_inline)) {
    return job.at<kTransposed>(std::min(n + kBlock + r, job.out - 1), 0);
  };
  for (; r + kTall <= count; r += kTall)
    tile<kTransposed, kTall, kVectors>(job, n + r, panel, next(), sums + r * lanes);
  for (; r + 3 <= count; r += 3)
    tile<kTransposed, 3, kVectors>(job, n + r, panel, next(), sums + r * lanes);
  for (; r < count; ++r)
    tile<kTransposed, 1, kVectors>(job, n + r, panel, next(), sums + r * lanes);
  write<kVectors>(job, sums, row, rows, n, count);
}

/// Rows of W [first, last), for all rows of x.
template <class Machine, bool kTransposed>
[[gnu::always_inline]] inline void columns_of(const Job& job, int64_t first, int64_t last) {
  if (!job.panels) {
    for (; first + kLanes <= last; first += kLanes) {
      if (job.rows == 1) few_rows<kTransposed, 1>(job, first);
      if (job.rows == 2) few_rows<kTransposed, 2>(job, first);
      if (job.rows == 3) few_rows<kTransposed, 3>(job, first);
      if (job.rows == 4) few_rows<kTransposed, 4>(job, first);
    }
    for (; first < last; ++first)
      for (int64_t m = 0; m < job.rows; ++m) {
        float sum = 0;
        for (int64_t k = 0; k < job.in; ++k)
          sum = __builtin_fmaf(job.x[m * job.in + k], *job.at<kTransposed>(first, k), sum);
        job.y[m * job.out + first] = sum + (job.bias ? job.bias[first] : 0.0f);
      }
    return;
  }
  for (int64_t n = first; n < last; n += kBlock) {
    const int64_t count = std::min(kBlock, last - n);
    const float* panel = job.panels;
    for (int64_t row = 0; row < job.rows;) {
      const bool pair = Machine::kPair > 1 && job.rows - row > kLanes;
      const int64_t lanes = pair ? Machine::kPair * kLanes : kLanes;
      const int64_t rows = std::min(job.rows - row, lanes);
      if (pair)
        block_of<kTransposed, Machine::kTall, Machine::kPair>(job, panel, row, rows, n, count);
      else
        block_of<kTransposed, Machine::kSlim, 1>(job, panel, row, rows, n, count);
      panel += lanes * job.in;
      row += rows;
    }
  }
}

template <class Machine>
[[gnu::always_inline]] inline void either(const Job& job, bool transposed, int64_t first,
                                          int64_t last) {
  if (transposed)
    columns_of<Machine, true>(job, first, last);
  else
    columns_of<Machine, false>(job, first, last);
}
ASSAY_MACHINES(multiply, (const Job& job, bool transposed, int64_t first, int64_t last), either,
               (job, transposed, first, last))

/// Rows of x [0, count), side by side: to (in, lanes), zero beyond the last row.
template <class>
[[gnu::always_inline]] inline void panel_of(const float* x, int64_t count, int64_t in,
                                            int64_t lanes, float* to) {
  for (int64_t m = 0; m < lanes; m += kLanes) {
    int64_t k = 0;
    for (; k + kLanes <= in; k += kLanes) {
      Lanes block[kLanes];
      for (int64_t i = 0; i < kLanes; ++i)
        block[i] = m + i < count ? *reinterpret_cast<const Lanes*>(x + (m + i) * in + k) : Lanes{};
      turn(block);
      for (int64_t i = 0; i < kLanes; ++i)
        *reinterpret_cast<Lanes*>(to + (k + i) * lanes + m) = block[i];
    }
    for (; k < in; ++k)
      for (int64_t i = 0; i < kLanes; ++i)
        to[k * lanes + m + i] = m + i < count ? x[(m + i) * in + k] : 0.0f;
  }
}
ASSAY_MACHINES(make_panel, (const float* x, int64_t count, int64_t in, int64_t lanes, float* to),
               panel_of, (x, count, in, lanes, to))

/// Panels of all rows: pairs of vectors, and a single one if that holds the rest.
at::Tensor panels_of(const float* x, int64_t rows, int64_t in) {
  const int64_t pair = isa() == Isa::wide ? WideMachine::kPair : NarrowMachine::kPair;
  const auto panels = at::empty({(rows + pair * kLanes) * in}, at::kFloat);
  float* to = panels.mutable_data_ptr<float>();
  for (int64_t row = 0; row < rows;) {
    const int64_t lanes = rows - row > kLanes ? pair * kLanes : kLanes;
    const int64_t count = std::min(rows - row, lanes);
    make_panel(x + row * in, count, in, lanes, to);
    to += lanes * in;
    row += count;
  }
  return panels;
}

}  // namespace

PlainProducts::PlainProducts() : before_(plain_products) { plain_products = true; }
PlainProducts::~PlainProducts() { plain_products = before_; }

bool has_own_product(const at::Tensor& x, const at::Tensor& weight) {
  return !plain_products && infers(x, weight);
}

bool infers(const at::Tensor& x, const at::Tensor& weight) {
  return !at::GradMode::is_enabled() && x.is_cpu() && weight.is_cpu() && x.dim() == 2 &&
         x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         weight.is_contiguous();
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, bool transposed,
                   const at::Tensor& bias) {
  const int64_t rows = x.size(0), in = x.size(1), out = weight.size(transposed ? 1 : 0);
  TORCH_CHECK(weight.size(transposed ? 0 : 1) == in, "a product of rows of ", in,
              " with a weight of ", weight.sizes());
  const auto dense = x.contiguous(), shift = bias.defined() ? bias.contiguous() : bias;
  const auto y = at::empty({rows, out}, x.options());
  const int64_t blocks = (out + kBlock - 1) / kBlock;
  for (int64_t row = 0; row < rows; row += kStripe) {
    const int64_t count = std::min(kStripe, rows - row);
    const float* from = dense.const_data_ptr<float>() + row * in;
    const auto panels = count > kFew ? panels_of(from, count, in) : at::Tensor();
    const Job job{.x = from,
                  .panels = panels.defined() ? panels.const_data_ptr<float>() : nullptr,
                  .rows = count,
                  .in = in,
                  .weight = weight.const_data_ptr<float>(),
                  .out = out,
                  .bias = shift.defined() ? shift.const_data_ptr<float>() : nullptr,
                  .y = y.mutable_data_ptr<float>() + row * out};
    at::parallel_for(0, blocks, std::max<int64_t>(1, blocks / 16), [&](int64_t a, int64_t b) {
      multiply(job, transposed, a * kBlock, std::min(b * kBlock, out));
    });
  }
  return y;
}

}  // namespace assay::lm
