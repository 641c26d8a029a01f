// What every tokenizer.json that is made here is written with: its parts as JSON objects.
#pragma once
#include <nlohmann/json.hpp>

#include <string>

namespace assay::text {

/// Each part is an object of tokenizer.json, or null.
struct DocumentParts {
  nlohmann::json added_tokens = nlohmann::json::array();
  nlohmann::json normalizer, pre_tokenizer, post_processor, decoder, model;
};
nlohmann::json document_of(DocumentParts parts);

struct TokenFlags {
  bool lstrip = false, normalized = false, special = true;
};
/// An element of "added_tokens". `id` as the vocabulary has it, whatever it is: it is checked where
/// the document is read.
nlohmann::json added_token(const std::string& content, const nlohmann::json& id, TokenFlags flags);

/// "ByteLevel", the pre-tokeniser, the post-processor and the decoder.
nlohmann::json byte_level_part(bool add_prefix_space, bool trim_offsets, bool use_regex = true);

}  // namespace assay::text
