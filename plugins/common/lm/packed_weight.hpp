// How packed weights lie in memory, and the products over them.
//   column: a row of W, which makes a column of y; 16 of them are a group
#pragma once
#include "plugins/common/lm/arena.hpp"
#include "plugins/common/torch.hpp"

#include <cstdint>

namespace assay::lm {

constexpr int64_t kGroup = 16;  // columns side by side
constexpr int64_t kDepth = 32;  // inputs of a block

/// One block of a group. codes[k / 2][column][k % 2], as a tile of AMX wants pairs of inputs.
struct PackedBlock {
  uint8_t codes[kDepth / 2][kGroup][2];
  uint16_t step[kGroup], least[kGroup];  // half precision
};

struct PackedWeight {
  at::Tensor
      blocks;  // (groups, depth blocks, sizeof(PackedBlock)), bytes; zero where W has nothing
  int64_t in = 0, out = 0;

  int64_t groups() const { return (out + kGroup - 1) / kGroup; }
  int64_t deep() const { return (in + kDepth - 1) / kDepth; }
  const PackedBlock* group(int64_t index) const {
    return reinterpret_cast<const PackedBlock*>(blocks.const_data_ptr<uint8_t>()) + index * deep();
  }
};

/// weight (out, in); what comes of it lies in `arena`, since huge pages make reading it faster.
PackedWeight pack_weight(const at::Tensor& weight, Arena& arena);

/// W[n][k], n of the groups [first, last), k < in, as floats: to (columns, in).
void unpack_groups(const PackedWeight& weight, int64_t first, int64_t last, float* to);

/// Columns of the groups [first, last) of x W^T + b, x (rows, in), into y (rows, stride), whose
/// column 0 is that of group `first`. For processors with AMX, whose rows of x `split` has
/// prepared.
void multiply_amx(const PackedWeight& weight, const at::Tensor& split, int64_t rows, int64_t first,
                  int64_t last, const float* bias, float* y, int64_t stride);
/// x (rows, in) as sums of two bfloat16 numbers, in tiles.
at::Tensor split_rows(const at::Tensor& x);
/// Whether the processor has AMX for bfloat16 and the system lets this process use it.
bool has_amx();

}  // namespace assay::lm
