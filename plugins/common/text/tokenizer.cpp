#include "plugins/common/text/encoder.hpp"
#include "plugins/common/text/spaces.hpp"
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/tokenizer_state.hpp"
#include "plugins/common/text/utf8.hpp"

#include <stdexcept>
#include <utility>

namespace assay::text {

Tokenizer Tokenizer::read(const std::string& path) {
  return make_tokenizer(read_document(path), path);
}

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, const std::string& where) {
  TokenizerDocument document;
  document.tokenizer = parse_document(tokenizer_json, where);
  return make_tokenizer(std::move(document), where);
}

Tokenizer Tokenizer::from_json(std::string_view tokenizer_json, std::string_view config_json,
                               const std::string& where) {
  TokenizerDocument document;
  document.tokenizer = parse_document(tokenizer_json, where);
  document.config = parse_document(config_json, where + ", its configuration");
  if (!document.config.is_object())
    throw std::invalid_argument(where + ", its configuration: it is no object");
  return make_tokenizer(std::move(document), where);
}

std::vector<Id> Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  Encoder encoder(*state_, text, {{0, text.size(), options.parse_special}}, false);
  return encoder.finish(options.add_special).ids;
}

std::vector<Id> Tokenizer::encode(std::span<const Piece> pieces, bool add_special) const {
  std::string text;
  std::vector<Parsing> parsing;
  for (const Piece& piece : pieces) {
    parsing.push_back({text.size(), text.size() + piece.text.size(), piece.special});
    text += piece.text;
  }
  Encoder encoder(*state_, text, std::move(parsing), false);
  return encoder.finish(add_special).ids;
}

Encoding Tokenizer::encode_with_spans(std::string_view text, EncodeOptions options) const {
  Encoder encoder(*state_, text, {{0, text.size(), options.parse_special}}, true);
  return encoder.finish(options.add_special);
}

std::vector<std::vector<Id>> Tokenizer::encode_batch(std::span<const std::string> texts,
                                                     EncodeOptions options) const {
  std::vector<std::vector<Id>> batch;
  batch.reserve(texts.size());
  for (const std::string& text : texts) batch.push_back(encode(text, options));
  return batch;
}

std::string Tokenizer::decode(std::span<const Id> ids, bool skip_special) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const Id id : ids) {
    if (!has(id) || (skip_special && is_special(id))) continue;
    const auto respelled = state_->respelled.find(id);
    tokens.push_back(respelled == state_->respelled.end() ? state_->tokens.token(id)
                                                          : respelled->second);
  }
  if (state_->decoder) state_->decoder->apply(tokens);
  std::string text;
  for (const std::string& token : tokens) {
    if (!state_->decoder && &token != &tokens.front()) text += ' ';
    text += token;
  }
  return state_->clean_up ? without_stray_spaces(std::move(text)) : text;
}

int64_t Tokenizer::size() const { return state_->tokens.size(); }

bool Tokenizer::has(Id id) const { return state_->tokens.has(id); }

const std::string& Tokenizer::token(Id id) const { return state_->tokens.token(id); }

Id Tokenizer::id(std::string_view token) const { return state_->tokens.find(token); }

bool Tokenizer::is_special(Id id) const {
  return id >= 0 && id < size() && state_->special[static_cast<size_t>(id)];
}

Id Tokenizer::bos() const { return state_->bos; }
Id Tokenizer::eos() const { return state_->eos; }
Id Tokenizer::pad() const { return state_->pad; }
Id Tokenizer::mask() const { return state_->mask; }

const std::string& Tokenizer::chat_template() const { return state_->chat_template; }

std::string Tokenizer::to_json() const { return state_->document.tokenizer.dump(); }

std::string Tokenizer::config_json() const { return state_->document.config.dump(2); }

}  // namespace assay::text
