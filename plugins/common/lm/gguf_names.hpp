// GGUF's own names and layout of the tensors of llama and qwen2.
#pragma once
#include "plugins/common/lm/config.hpp"

#include <string>

namespace assay::lm {

/// "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; "" if GGUF has no such name.
std::string gguf_name(const std::string& published);

/// The heads whose rows GGUF has interleaved, dimension i beside i + D / 2, as it does with the
/// queries and keys of "llama", which turn by pairs there; 0 if the rows are in the published
/// order.
int64_t interleaved_heads(const std::string& published, const Config& config);

/// The published row that lies at a file's row, of interleaved heads of D rows each:
///   2 i + s of a head was s D / 2 + i
inline int64_t published_row(int64_t row, int64_t D) {
  const int64_t within = row % D;
  return row - within + within % 2 * (D / 2) + within / 2;
}

}  // namespace assay::lm
