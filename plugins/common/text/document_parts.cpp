#include "plugins/common/text/document_parts.hpp"

#include <utility>

namespace assay::text {

using nlohmann::json;

json document_of(DocumentParts parts) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(parts.added_tokens)},
          {"normalizer", std::move(parts.normalizer)},
          {"pre_tokenizer", std::move(parts.pre_tokenizer)},
          {"post_processor", std::move(parts.post_processor)},
          {"decoder", std::move(parts.decoder)},
          {"model", std::move(parts.model)}};
}

json added_token(const std::string& content, const json& id, TokenFlags flags) {
  return {{"id", id},
          {"content", content},
          {"single_word", false},
          {"lstrip", flags.lstrip},
          {"rstrip", false},
          {"normalized", flags.normalized},
          {"special", flags.special}};
}

json byte_level_part(bool add_prefix_space, bool trim_offsets, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", trim_offsets},
          {"use_regex", use_regex}};
}

}  // namespace assay::text
