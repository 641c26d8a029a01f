// Small models with fresh parameters, for tests.
#pragma once
#include "plugins/common/lm/model.hpp"
#include "plugins/common/lm/training_batch.hpp"

#include <memory>

namespace small {

inline assay::lm::Config config() {
  assay::lm::Config c;
  c.architecture = "llama";
  c.vocabulary = 37;
  c.width = 16;
  c.layers = 2;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_dim = 4;
  c.ffn = 24;
  c.context = 64;
  c.activation = "silu";
  c.rope.dims = 4;
  return c;
}

/// With parameters large enough that no two tokens are alike.
inline std::unique_ptr<assay::lm::Model> model(uint64_t key = 1,
                                               const assay::lm::Config& c = config()) {
  assay::lm::FreshSource source(key, 0.3);
  return assay::lm::make_model(c, source);
}

/// Ids 0 .. 36 that follow from `first`.
inline assay::lm::TrainingExample example(int64_t length, int64_t first, int64_t prompt = 0) {
  assay::lm::TrainingExample e;
  for (int64_t t = 0; t < length; ++t)
    e.ids.push_back(static_cast<assay::text::Id>((first + t * t * 5 + t) % 37));
  e.prompt = prompt;
  return e;
}

}  // namespace small
