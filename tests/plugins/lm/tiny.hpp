// Small random models for the tests of inference.
#pragma once
#include "plugins/common/lm/language_model.hpp"

#include <string>
#include <vector>

namespace assay::lm::test {

/// A Llama with grouped heads, of `context` positions; its sizes fill no vector.
inline Config tiny_config(int64_t context = 256) {
  Config c;
  c.architecture = "llama";
  c.vocabulary = 211;
  c.width = 50;
  c.layers = 3;
  c.heads = 6;
  c.kv_heads = 2;
  c.head_dim = 18;
  c.ffn = 77;
  c.context = context;
  c.activation = "silu";
  c.rope.dims = 18;
  return c;
}

inline LanguageModel fresh(const Config& config, uint64_t key = 1) {
  FreshSource source(key, 0.3);
  LanguageModel model;
  model.model = make_model(config, source);
  return model;
}

/// Ids that a small generator draws, the same for the same key.
inline std::vector<text::Id> some_ids(size_t n, uint64_t key, int64_t vocabulary = 211) {
  std::vector<text::Id> ids;
  uint64_t state = key * 0x9E3779B97F4A7C15u + 1;
  for (size_t i = 0; i < n; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    ids.push_back(static_cast<text::Id>((state >> 33) % static_cast<uint64_t>(vocabulary)));
  }
  return ids;
}

}  // namespace assay::lm::test
