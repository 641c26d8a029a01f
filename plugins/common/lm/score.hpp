// What a language model thinks of given text: the log-probability of every token after the first,
// and what its distribution looked like there.
#pragma once
#include "plugins/common/lm/language_model.hpp"

#include <functional>
#include <span>
#include <vector>

namespace assay::lm {

/// Of the tokens 1 .. T - 1 of a sequence, T - 1 numbers each; sums over the vocabulary in float64.
struct TokenScores {
  std::vector<double> log_p;     // ln p(t_i | t_<i)
  std::vector<double> mean;      // sum_v p_v ln p_v; empty unless asked for
  std::vector<double> variance;  // sum_v p_v (ln p_v)^2 - mean^2; likewise
  std::vector<text::Id> argmax;  // the lowest id of equals; likewise
};

struct ScoreOptions {
  bool moments = false;  // mean, variance
  bool argmax = false;
  int64_t rows = 4096;  // tokens in a batch, at most, unless one sequence is longer
  int64_t vocabulary_chunk = 4096;
};

/// In the order of the sequences, which are batched by length. Of a batch, at most 1024 rows are
/// computed at a time, so that memory does not grow with it. An id outside the embedding or a
/// sequence beyond the context is std::invalid_argument; logits that are not finite are
/// assay::Error(ASSAY_INVALID_ARGUMENT) with the parameter that is to blame. `go_on` is asked once
/// a batch; false leaves the sequences that are left without scores. Both calls refuse BERT and
/// RoBERTa: see need_causal().
std::vector<TokenScores> score(const Model& model, std::span<const std::vector<text::Id>> sequences,
                               const ScoreOptions& options = {},
                               const std::function<bool(int64_t done)>& go_on = {});

/// Of each continuation's tokens, as many numbers as tokens, after one context, which is computed
/// once. The context is not empty.
std::vector<TokenScores> score(const Model& model, std::span<const text::Id> context,
                               std::span<const std::vector<text::Id>> continuations,
                               const ScoreOptions& options = {});

}  // namespace assay::lm
