// Sentences as vectors: an encoder's final states, averaged over the tokens of each text (MiniLM,
// and what sentence-transformers calls mean pooling). Cosines of such vectors compare meanings.
#pragma once
#include "plugins/common/lm/model.hpp"
#include "plugins/common/text/tokenizer.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace assay::lm {

struct SentenceOptions {
  /// Tokens of a text, special ones included; what is beyond is cut off. 0: the model's context.
  int64_t max_tokens = 0;
  bool normalise = true;  // to Euclidean length 1, so that a product of two is their cosine
  int64_t rows = 4096;    // tokens in a batch, at most, unless one text is longer
};

/// The ids of each text with the special tokens around it, no longer than `max_tokens`.
std::vector<std::vector<text::Id>> sentence_ids(const text::Tokenizer& tokenizer,
                                                std::span<const std::string> texts,
                                                int64_t max_tokens);

/// (texts, C), without a gradient, in the order of the texts, which are batched by length; a text's
/// vector depends on no other text but for the rounding of products. `go_on` is told how many are
/// done and ends the work with assay::Error(ASSAY_CANCELLED) by false. A text without tokens is
/// std::invalid_argument.
at::Tensor embed(const Model& model, const text::Tokenizer& tokenizer,
                 std::span<const std::string> texts, const SentenceOptions& options = {},
                 const std::function<bool(int64_t done)>& go_on = {});

}  // namespace assay::lm
