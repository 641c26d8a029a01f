// What a Tokenizer holds: its parts, made from its documents.
#pragma once
#include "plugins/common/text/added_tokens.hpp"
#include "plugins/common/text/byte_level_bpe.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/tokenizer_document.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay::text {

/// Parts point into one another: it stays where it was made.
struct TokenizerState {
  explicit TokenizerState(TokenizerDocument from);
  TokenizerState(const TokenizerState&) = delete;
  TokenizerState& operator=(const TokenizerState&) = delete;

  TokenizerDocument document;
  Vocabulary model_tokens;  // what the model can give
  Vocabulary tokens;        // and what was added
  std::vector<AddedToken> added;
  std::vector<bool> special;                      // of each id
  std::unordered_map<Id, std::string> respelled;  // by the normaliser: what decoders see
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  std::optional<ByteLevelBpe> byte_level;  // takes the place of the two around it where it can
  std::unique_ptr<TokenModel> model;
  std::unique_ptr<PostProcessor> post_processor;
  std::unique_ptr<Decoder> decoder;
  std::optional<TokenFinder> in_input, in_normalized;
  bool clean_up = false;  // decoded text, as clean_up_tokenization_spaces says
  Id bos = -1, eos = -1, pad = -1, mask = -1;
  std::string chat_template;
};

/// What is wrong with the document is std::invalid_argument, `where` before it.
Tokenizer make_tokenizer(TokenizerDocument document, const std::string& where);

}  // namespace assay::text
