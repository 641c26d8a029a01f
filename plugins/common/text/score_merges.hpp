// The merges of a vocabulary that has scores in their place, as SentencePiece's BPE does.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string_view>
#include <vector>

namespace assay::text {

/// Pairs of tokens that are a token together, best first: by the score of the whole, then by the
/// length in characters of the left and of the right part, longest first, then by id. This is the
/// order of `transformers`, which turns these vocabularies into merges too. SentencePiece itself
/// takes the leftmost of two ways to one token; no order of merges does so in every case.
/// `text` says which tokens may stand in text and be made of others.
nlohmann::json merges_of_scores(std::span<const std::string_view> tokens,
                                std::span<const float> scores, const std::vector<bool>& text);

}  // namespace assay::text
