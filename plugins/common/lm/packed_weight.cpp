#include "plugins/common/lm/packed_weight.hpp"
#include "plugins/common/lm/simd.hpp"

#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::lm {
namespace {

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

PackedWeight pack_weight(const at::Tensor& weight) {
  const auto w = weight.to(at::kFloat).contiguous();
  PackedWeight out{.in = w.size(1), .out = w.size(0)};
  out.blocks =
      at::zeros({out.groups(), out.deep(), static_cast<int64_t>(sizeof(PackedBlock))}, at::kByte);
  auto* blocks = reinterpret_cast<PackedBlock*>(out.blocks.mutable_data_ptr<uint8_t>());
  for (int64_t n = 0; n < out.out; ++n) {
    const float* row = w.const_data_ptr<float>() + n * out.in;
    for (int64_t d = 0; d < out.deep(); ++d) {
      auto& block = blocks[n / kGroup * out.deep() + d];
      const float* x = row + d * kDepth;
      const int64_t count = std::min(kDepth, out.in - d * kDepth), c = n % kGroup;
      const auto [least, most] = std::minmax_element(x, x + count);
      choose_scale(*least, *most, block.step[c], block.least[c]);
      const float step = as_float(block.step[c]), low = as_float(block.least[c]);
      for (int64_t k = 0; k < count; ++k) {
        const float code = step > 0 ? std::nearbyint((x[k] - low) / step) : 0.0f;
        block.codes[k / 2][c][k % 2] = static_cast<uint8_t>(std::clamp(code, 0.0f, 255.0f));
      }
    }
  }
  return out;
}

void unpack_groups(const PackedWeight& weight, int64_t first, int64_t last, float* to) {
  for (int64_t g = first; g < last; ++g, to += kGroup * weight.in)
    group_floats(weight.group(g), weight.deep(), weight.in,
                 std::min(kGroup, weight.out - g * kGroup), to);
}

}  // namespace assay::lm
