// Text <-> the ids of a language model, as the model's own files define it: tokenizer.json, or
// vocab.json + merges.txt, or vocab.txt, or the vocabulary of a GGUF file.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::weights {
class GgufMetadata;
}

namespace assay::text {

using Id = int32_t;
struct TokenizerDocument;
struct TokenizerState;

/// The bytes of the input that a token stands for: [begin, end).
struct Span {
  uint32_t begin = 0, end = 0;
  bool operator==(const Span&) const = default;
};

struct Encoding {
  std::vector<Id> ids;
  std::vector<Span> spans;  // of each id; empty for ids that the post-processor adds
};

/// A stretch of text. In what the user wrote, "<|im_end|>" is ten characters; in a template it is
/// one token.
struct Piece {
  std::string text;
  bool special = false;  // special tokens in it are parsed
};

struct EncodeOptions {
  bool add_special = true;     // the post-processor's: [CLS], <s>, ...
  bool parse_special = false;  // special tokens that the text spells are their ids
};

class Tokenizer {
 public:
  /// A folder with tokenizer.json (and tokenizer_config.json), vocab.json + merges.txt or
  /// vocab.txt; or one such file. std::invalid_argument: file, what, what is supported.
  static Tokenizer read(const std::string& path);
  static Tokenizer from_json(std::string_view tokenizer_json, const std::string& where);
  /// The same, with what stood beside it: what `to_json` and `config_json` gave.
  static Tokenizer from_json(std::string_view tokenizer_json, std::string_view config_json,
                             const std::string& where);
  /// The vocabulary of a GGUF file.
  static Tokenizer from_gguf(const weights::GgufMetadata& metadata);
  /// A byte-level BPE of `size` ids, trained on `texts`; ids of equal merges are those of PyPI
  /// `tokenizers`.
  static Tokenizer train_byte_level_bpe(std::span<const std::string> texts, int64_t size,
                                        std::span<const std::string> special_tokens);

  /// Invalid UTF-8 is std::invalid_argument with the offset of its first byte. Ids are those of the
  /// whole text: what tokenizer.json says of truncation and padding is left to whoever makes
  /// batches.
  std::vector<Id> encode(std::string_view text, EncodeOptions options = {}) const;
  /// The pieces as one text: a word may reach from one into the next.
  std::vector<Id> encode(std::span<const Piece> pieces, bool add_special = false) const;
  Encoding encode_with_spans(std::string_view text, EncodeOptions options = {}) const;
  std::vector<std::vector<Id>> encode_batch(std::span<const std::string> texts,
                                            EncodeOptions options = {}) const;

  /// Ids that no token has are left out, as `tokenizers` does.
  /// The text of PyPI `tokenizers`; then, where tokenizer_config.json has
  /// clean_up_tokenization_spaces and the model is no BPE, without the blanks before punctuation,
  /// as `transformers` has it.
  std::string decode(std::span<const Id> ids, bool skip_special = true) const;

  /// Ids are 0 .. size() - 1; some may have no token.
  int64_t size() const;
  bool has(Id id) const;
  /// As the vocabulary spells it. Throws if there is none.
  const std::string& token(Id id) const;
  /// -1 if there is none.
  Id id(std::string_view token) const;
  bool is_special(Id id) const;
  Id bos() const;  // -1 each if the tokenizer has none
  Id eos() const;
  Id pad() const;
  Id mask() const;

  /// The chat template that came with it (Jinja source); empty if none.
  const std::string& chat_template() const;
  /// The whole tokenizer as one tokenizer.json, from which `from_json` makes the same one.
  std::string to_json() const;
  /// What stood beside it: tokenizer_config.json, as text; "{}" if nothing.
  std::string config_json() const;

 private:
  explicit Tokenizer(std::shared_ptr<const TokenizerState> state) : state_(std::move(state)) {}
  friend Tokenizer make_tokenizer(TokenizerDocument document, const std::string& where);
  std::shared_ptr<const TokenizerState> state_;
};

/// The text of a growing list of ids, a piece at a time: bytes of a cut UTF-8 character are held
/// back until it is complete.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true);
  /// What this id adds.
  std::string push(Id id);
  /// What was held back, cut characters as U+FFFD.
  std::string finish();

 private:
  /// What `text`, that of `ids_`, has beyond what was given out.
  std::string added_by(const std::string& text) const;

  Tokenizer tokenizer_;
  bool skip_special_;
  std::vector<Id> ids_;  // from the last whole character on, and those of the piece before it
  size_t known_ = 0;     // how many of them belong to what was given out
  std::string sent_;     // the text of these
};

}  // namespace assay::text
