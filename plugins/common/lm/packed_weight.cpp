#include "plugins/common/lm/packed_weight.hpp"
#include "plugins/common/lm/simd.hpp"

#include <ATen/Parallel.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace assay::lm {
namespace {

typedef uint16_t Shorts __attribute__((vector_size(32), aligned(2), may_alias));

float as_float(uint16_t bits) { return c10::Half(bits, c10::Half::from_bits()); }

/// Step and least of a block with those ends, such that code 255 reaches `most`.
void choose_scale(float least, float most, uint16_t& step, uint16_t& low) {
  low = c10::Half(least).x;
  if (as_float(low) > least)  // rounded up: the half below
    low = c10::Half(std::nextafter(least, -std::numeric_limits<float>::infinity()) -
                    std::abs(least) * 0x1p-11f)
              .x;
  step = c10::Half((most - as_float(low)) / 255).x;
}

/// Inputs [0, count) of a block, turned: lanes are columns. to[k] for k in [0, 32), zero beyond.
[[gnu::always_inline]] inline void columns_side_by_side(const float* w, int64_t in, int64_t count,
                                                        int64_t columns, Lanes* to) {
  for (int64_t half = 0; half < kDepth; half += kLanes) {
    Lanes* x = to + half;
    for (int64_t n = 0; n < kLanes; ++n) {
      x[n] = Lanes{};
      const float* from = w + n * in + half;
      if (n >= columns) continue;
      if (half + kLanes <= count)
        x[n] = *reinterpret_cast<const Lanes*>(from);
      else
        for (int64_t k = 0; half + k < count; ++k) x[n][k] = from[k];
    }
    turn(x);
  }
}

/// The number in 0 .. 255 that is nearest to (x - low) / step.
[[gnu::always_inline]] inline void code_of(const Lanes& x, const Lanes& low, const Lanes& step,
                                           Ints& code) {
  Lanes y = (x - low) / step;
  y = y > 0.0f ? y : Lanes{};
  y = (y < 255.0f ? y : Lanes{} + 255.0f) + 12582912.0f;  // 1.5 * 2^23: rounds
  std::memcpy(&code, &y, sizeof code);
  code = code - 0x4B400000;
}

/// W[columns][in] -> the blocks of a group.
template <class>
[[gnu::always_inline]] inline void pack_columns(const float* w, int64_t in, int64_t columns,
                                                PackedBlock* group) {
  for (int64_t d = 0; d * kDepth < in; ++d) {
    auto& block = group[d];
    const int64_t count = std::min(kDepth, in - d * kDepth);
    if (count < kDepth) std::memset(block.codes, 0, sizeof block.codes);
    Lanes x[kDepth];
    columns_side_by_side(w + d * kDepth, in, count, columns, x);
    Lanes least = x[0], most = x[0], step, low;
    for (int64_t k = 1; k < count; ++k) {
      least = x[k] < least ? x[k] : least;
      most = x[k] > most ? x[k] : most;
    }
    for (int64_t n = 0; n < kLanes; ++n) {
      choose_scale(least[n], most[n], block.step[n], block.least[n]);
      step[n] = as_float(block.step[n]), low[n] = as_float(block.least[n]);
    }
    const Ints uneven = step > 0.0f;
    for (int64_t k = 0; k < count; k += 2) {
      Ints even, odd;
      code_of(x[k], low, step, even);
      code_of(x[k + 1], low, step, odd);
      if (k + 1 == count) odd = Ints{};
      const auto pairs = __builtin_convertvector((even | odd << 8) & uneven, Shorts);
      std::memcpy(block.codes[k / 2], &pairs, sizeof pairs);
    }
  }
}
ASSAY_MACHINES(pack_group, (const float* w, int64_t in, int64_t columns, PackedBlock* group),
               pack_columns, (w, in, columns, group))

template <class>
[[gnu::always_inline]] inline void floats_of(const PackedBlock* group, int64_t deep, int64_t in,
                                             int64_t columns, float* to) {
  for (int64_t d = 0; d < deep; ++d) {
    const auto& block = group[d];
    const int64_t count = std::min(kDepth, in - d * kDepth);
    for (int64_t n = 0; n < columns; ++n) {
      const float step = as_float(block.step[n]), least = as_float(block.least[n]);
      float* row = to + n * in + d * kDepth;
      for (int64_t k = 0; k < count; ++k)
        row[k] = __builtin_fmaf(static_cast<float>(block.codes[k / 2][n][k % 2]), step, least);
    }
  }
}
ASSAY_MACHINES(group_floats,
               (const PackedBlock* group, int64_t deep, int64_t in, int64_t columns, float* to),
               floats_of, (group, deep, in, columns, to))

}  // namespace

PackedWeight pack_weight(const at::Tensor& weight, Arena& arena) {
  const auto w = weight.to(at::kFloat).contiguous();
  PackedWeight out{.in = w.size(1), .out = w.size(0)};
  constexpr auto kFloats = static_cast<int64_t>(sizeof(PackedBlock) / sizeof(float));
  out.blocks = arena.take({out.groups(), out.deep(), kFloats}).view(at::kByte);
  auto* blocks = reinterpret_cast<PackedBlock*>(out.blocks.mutable_data_ptr<uint8_t>());
  const float* from = w.const_data_ptr<float>();
  at::parallel_for(0, out.groups(), 4, [&](int64_t first, int64_t last) {
    for (int64_t g = first; g < last; ++g)
      pack_group(from + g * kGroup * out.in, out.in, std::min(kGroup, out.out - g * kGroup),
                 blocks + g * out.deep());
  });
  return out;
}

void unpack_groups(const PackedWeight& weight, int64_t first, int64_t last, float* to) {
  for (int64_t g = first; g < last; ++g, to += kGroup * weight.in)
    group_floats(weight.group(g), weight.deep(), weight.in,
                 std::min(kGroup, weight.out - g * kGroup), to);
}

}  // namespace assay::lm
