// The parts of a tokenizer, each made from its object in tokenizer.json: text is normalised, cut
// into words, each word becomes tokens, and the ids are completed; a decoder goes the way back.
//
// The factories take the JSON object of their part. What they refuse is std::invalid_argument with
// one sentence that does not name the file: Tokenizer puts that before it. `null` makes a part
// that does nothing (a null pointer).
#pragma once
#include "plugins/common/text/aligned_text.hpp"
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/vocabulary.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

/// Parts are immutable after they are made: any number of threads may use one.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
};
std::unique_ptr<Normalizer> make_normalizer(const nlohmann::json& json);

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Cuts each of `words` (ascending stretches of `text`) further; may drop bytes and rewrite.
  /// `first`: the text begins where the input does.
  virtual void apply(AlignedText& text, std::vector<Range>& words, bool first) const = 0;
};
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const nlohmann::json& json);

/// A token and the bytes of the word that it stands for.
struct Token {
  Id id = 0;
  uint32_t begin = 0, end = 0;
};

class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// Appends the tokens of a word that is not empty. Throws std::invalid_argument where the model
  /// has no token for it, none for unknown words, and is meant to fail.
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
};
/// One of "BPE", "WordPiece", "WordLevel"; its vocabulary was read already and outlives the model.
std::unique_ptr<TokenModel> make_model(const nlohmann::json& json, const Vocabulary& vocabulary);
std::unique_ptr<TokenModel> make_bpe(const nlohmann::json& json, const Vocabulary& vocabulary);
std::unique_ptr<TokenModel> make_word_piece(const nlohmann::json& json,
                                            const Vocabulary& vocabulary);
std::unique_ptr<TokenModel> make_word_level(const nlohmann::json& json,
                                            const Vocabulary& vocabulary);

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// Trims spans of what `original`, the whole input, has there, and adds ids (span {0, 0}) if
  /// `add_special`. Where nobody asked for spans, encoding.spans is empty and stays so.
  virtual void apply(Encoding& encoding, std::string_view original, bool add_special) const = 0;
};
/// `vocabulary` holds added tokens too, and outlives the result.
std::unique_ptr<PostProcessor> make_post_processor(const nlohmann::json& json,
                                                   const Vocabulary& vocabulary);

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Replaces the tokens by stretches of text; these, one after another, are the text, each valid
  /// UTF-8 (ByteLevel and ByteFallback put U+FFFD where bytes are no character).
  virtual void apply(std::vector<std::string>& tokens) const = 0;
};
std::unique_ptr<Decoder> make_decoder(const nlohmann::json& json);

}  // namespace assay::text
