#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/tokenizer_state.hpp"

#include <initializer_list>
#include <stdexcept>

namespace assay::text {

namespace {

using nlohmann::json;

/// An added token has the model's id if the model knows it.
std::vector<AddedToken> read_added_tokens(const json& list, const Vocabulary& model) {
  std::vector<AddedToken> tokens;
  if (list.is_null()) return tokens;
  if (!list.is_array()) throw std::invalid_argument("\"added_tokens\" is no list");
  for (const json& element : list) {
    AddedToken token = read_added_token(element);
    const Id known = model.find(token.content);
    if (known >= 0) token.id = known;
    if (!token.content.empty()) tokens.push_back(std::move(token));
  }
  return tokens;
}

/// What tokenizer_config.json calls `key`, or else the first special token of these names.
Id named_token(const json& config, const char* key, const TokenizerState& state,
               std::initializer_list<const char*> names) {
  if (config.contains(key)) {
    const json& value = config[key];
    if (value.is_string()) return state.tokens.find(value.get<std::string>());
    if (value.is_object()) return state.tokens.find(string_field(value, "content", ""));
    return -1;
  }
  for (const char* name : names) {
    const Id id = state.tokens.find(name);
    if (id >= 0 && state.special[static_cast<size_t>(id)]) return id;
  }
  return -1;
}

/// A string, or the one called "default" of a list.
std::string chat_template_of(const json& config) {
  const json& value = field(config, "chat_template");
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return "";
  for (const json& one : value) {
    if (string_field(one, "name", "") == "default") return string_field(one, "template", "");
  }
  return "";
}

}  // namespace

TokenizerState::TokenizerState(TokenizerDocument from) : document(std::move(from)) {
  const json& root = document.tokenizer;
  const json& model_json = field(root, "model");
  if (!model_json.is_object()) throw std::invalid_argument("it has no \"model\"");
  if (string_field(model_json, "type", "BPE") == "Unigram") {
    refuse_type("model", "Unigram", "BPE, WordLevel, WordPiece");
  }
  model_tokens = Vocabulary(field(model_json, "vocab"));
  added = read_added_tokens(field(root, "added_tokens"), model_tokens);
  tokens = model_tokens;
  for (const AddedToken& token : added) tokens.add(token.content, token.id);
  special.resize(static_cast<size_t>(tokens.size()));
  for (const AddedToken& token : added) special[static_cast<size_t>(token.id)] = token.special;

  normalizer = make_normalizer(field(root, "normalizer"));
  pre_tokenizer = make_pre_tokenizer(field(root, "pre_tokenizer"));
  if (string_field(model_json, "type", "BPE") == "BPE") {
    byte_level = ByteLevelBpe::make(model_json, field(root, "pre_tokenizer"), model_tokens);
  }
  if (!byte_level) model = make_model(model_json, model_tokens);
  post_processor = make_post_processor(field(root, "post_processor"), tokens);
  decoder = make_decoder(field(root, "decoder"));
  in_input.emplace(added, false, nullptr);
  in_normalized.emplace(added, true, normalizer.get());
  respelled = in_normalized->respelled();

  const json& config = document.config;
  bos = named_token(config, "bos_token", *this, {"<s>", "<|begin_of_text|>"});
  eos = named_token(config, "eos_token", *this, {"</s>", "<|end_of_text|>", "<|endoftext|>"});
  pad = named_token(config, "pad_token", *this, {"<pad>", "[PAD]"});
  mask = named_token(config, "mask_token", *this, {"<mask>", "[MASK]"});
  chat_template = chat_template_of(config);
  clean_up = string_field(model_json, "type", "BPE") != "BPE" && config.is_object() &&
             bool_field(config, "clean_up_tokenization_spaces", false);
}

Tokenizer make_tokenizer(TokenizerDocument document, const std::string& where) {
  try {
    return Tokenizer(std::make_shared<const TokenizerState>(std::move(document)));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(where + ": " + error.what());
  } catch (const json::exception& error) {
    throw std::invalid_argument(where + ": " + error.what());
  }
}

std::unique_ptr<TokenModel> make_model(const nlohmann::json& json, const Vocabulary& vocabulary) {
  const std::string type = string_field(json, "type", "BPE");
  if (type == "BPE") return make_bpe(json, vocabulary);
  if (type == "WordPiece") return make_word_piece(json, vocabulary);
  if (type == "WordLevel") return make_word_level(json, vocabulary);
  refuse_type("model", type, "BPE, WordLevel, WordPiece");
}

}  // namespace assay::text
