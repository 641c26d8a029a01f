// Causal models small enough for unit tests.
#pragma once
#include "plugins/common/lm/model.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

inline const std::vector<std::string> kCausal{"gpt2",    "gpt_neox", "gpt_neo", "llama",
                                              "mistral", "qwen2",    "phi"};

/// Two layers of width 32; Mistral sees 4 tokens, and so does GPT-Neo in every other layer.
inline assay::lm::Config small(const std::string& architecture) {
  return assay::lm::read_config(R"({"model_type": ")" + architecture + R"(", "vocab_size": 16,
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "num_key_value_heads": 2, "max_position_embeddings": 24, "window_size": 4,
    "sliding_window": 4, "attention_types": [[["global", "local"], 1]]})",
                                "small");
}

inline std::unique_ptr<assay::lm::Model> fresh(const assay::lm::Config& config, double range = 0.2,
                                               uint64_t key = 7) {
  assay::lm::FreshSource source(key, range);
  auto model = assay::lm::make_model(config, source);
  for (const auto& [name, tensor] : model->parameters()) at::Tensor(tensor).requires_grad_(true);
  return model;
}

/// (N, V)
inline at::Tensor logits_of(const assay::lm::Model& model,
                            const std::vector<std::vector<int64_t>>& sequences) {
  const auto rows = assay::lm::rows_of(sequences);
  assay::lm::Sequences attention(rows.lengths);
  return model.logits(model.hidden(rows, attention));
}
