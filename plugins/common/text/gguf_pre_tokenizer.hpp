// The pre-tokenisers that GGUF files name in tokenizer.ggml.pre, as tokenizer.json has them.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace assay::text {

struct GgufPreTokenizer {
  const char* name;
  const char* layout;    // what `pre_tokenizer_json` makes of it
  bool composes;         // the text is in NFC first
  bool ignores_merges;   // a word that is a token is that token
  bool begins_with_bos;  // if tokenizer.ggml.add_bos_token is not there
};

/// std::invalid_argument: an unknown name, with those that are known.
const GgufPreTokenizer& gguf_pre_tokenizer(const std::string& name);

nlohmann::json pre_tokenizer_json(const GgufPreTokenizer& pre);

}  // namespace assay::text
