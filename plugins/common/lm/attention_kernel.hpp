// Causal attention of a sequence's new rows over the pages of its cache, one head of keys and
// values at a time, on the CPU: an online softmax from page to page (Milakov and Gimelshein 2018).
// What a row gets depends on its own position, query and pages alone.
#pragma once
#include "plugins/common/lm/kv_cache.hpp"

namespace assay::lm {

struct AttentionShape {
  int64_t heads = 0, groups = 0, dims = 0;  // H, G, D
  double scale = 1;
  int64_t window = 0;  // rows that a row sees, itself included; 0: all
};

/// The H / G heads of queries that share a head of keys and values, of one sequence.
struct AttentionTask {
  const KvCache* cache;
  int64_t layer, group;
  int64_t first, rows;  // positions of the new rows: first .. first + rows - 1
  const float* q;       // of the first row; the next row is H * D on
  const float *k, *v;   // likewise, G * D on; written into the cache
  float* out;           // likewise, H * D on
};

void attend_task(const AttentionTask& task, const AttentionShape& shape);

}  // namespace assay::lm
