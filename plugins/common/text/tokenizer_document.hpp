// A tokenizer as the two documents that published folders have, whatever file it came from.
#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace assay::weights {
class GgufMetadata;
}

namespace assay::text {

struct TokenizerDocument {
  nlohmann::json tokenizer;                          // tokenizer.json
  nlohmann::json config = nlohmann::json::object();  // tokenizer_config.json
};

/// A JSON text, nested at most 64 deep. `where` is named if it is none.
nlohmann::json parse_document(std::string_view text, const std::string& where);

/// A folder or file as Tokenizer::read takes it.
TokenizerDocument read_document(const std::string& path);

/// The vocabulary of a GGUF file; `config` has bos_token, eos_token, pad_token, add_bos_token and
/// chat_template. std::invalid_argument: an unknown tokenizer.ggml.model or tokenizer.ggml.pre
/// (named, with what is supported), missing or inconsistent lists.
TokenizerDocument read_gguf_vocabulary(const weights::GgufMetadata& metadata);

/// Byte-level BPE from its lists, as GPT-2 defines it; `roberta` adds <s> and </s>.
TokenizerDocument byte_level_document(nlohmann::json vocabulary, nlohmann::json merges,
                                      const nlohmann::json& config, bool roberta);

/// WordPiece as BERT defines it, with what tokenizer_config.json says of case and accents.
TokenizerDocument bert_document(nlohmann::json vocabulary, const nlohmann::json& config);

}  // namespace assay::text
