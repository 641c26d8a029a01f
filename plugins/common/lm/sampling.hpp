// How the next token is chosen from a row of logits.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <cstdint>
#include <span>

namespace assay::lm {

/// In this order: the repetition penalty, the temperature, top-k, top-p, a draw. Draws come from a
/// stream of the sequence's own, counted by token.
struct Sampling {
  double temperature = 0;         // 0: the most probable token, the lowest id of equals
  int64_t top_k = 0;              // 0: all; those that equal the k-th stay
  double top_p = 1;               // the least set of most probable tokens with this probability
  double repetition_penalty = 1;  // over prompt and output (Keskar et al. 2019)
  uint64_t key = 0;
};

/// std::invalid_argument for a value that is out of its range, in one sentence.
void check(const Sampling& sampling);

/// The token after `seen` (prompt and output), the `index`-th of the answer. `logits` are finite.
text::Id choose(std::span<const float> logits, const Sampling& sampling,
                std::span<const text::Id> seen, uint64_t index);

}  // namespace assay::lm
