// Configurations of models that are trained from scratch: the published form of an architecture at
// a size of one's own.
#pragma once
#include "plugins/common/lm/config.hpp"

#include <string>

namespace assay::lm {

struct Sizes {
  int64_t vocabulary = 0;  // V
  int64_t width = 128;     // C
  int64_t layers = 4;      // L
  int64_t heads = 4;       // H; D is C / H
  int64_t kv_heads =
      0;            // G; 0: as many as H, which GPT-2, NeoX, GPT-Neo, Phi, BERT and RoBERTa need
  int64_t ffn = 0;  // F; 0: 4 C, or 8/3 C rounded up to a multiple of 32 for gated layers
  int64_t context = 256;
};

/// std::invalid_argument: which size is impossible, or that the architecture is unknown.
Config fresh_config(const std::string& architecture, const Sizes& sizes);

}  // namespace assay::lm
