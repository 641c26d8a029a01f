// Tokenizers that are published as lists only: what their classes in `transformers` add to them.
#include "plugins/common/text/document_parts.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/tokenizer_document.hpp"

#include <initializer_list>
#include <stdexcept>
#include <unordered_map>

namespace assay::text {

namespace {

using nlohmann::json;

/// tokenizer_config.json's "bos_token" and such: a string, or an object with "content".
std::string named(const json& config, const char* key, const char* fallback) {
  const json& value = field(config, key);
  return value.is_object() ? string_field(value, "content", fallback)
                           : string_field(config, key, fallback);
}

/// The added tokens that the config lists, in place of those made from defaults.
void add_configured(const json& config, json& tokens) {
  const json& listed = field(config, "added_tokens_decoder");
  if (!listed.is_object()) return;
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < tokens.size(); ++i) places[string_field(tokens[i], "content", "")] = i;
  for (const auto& [id, token] : listed.items()) {
    if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos) {
      throw std::invalid_argument("tokenizer_config.json: \"added_tokens_decoder\" has the id \"" +
                                  id + "\"; a whole number was expected");
    }
    const std::string content = string_field(token, "content", "");
    json one = token;
    one["id"] = std::stol(id);
    const auto [place, added] = places.emplace(content, tokens.size());
    if (added) {
      tokens.push_back(std::move(one));
    } else {
      tokens[place->second] = std::move(one);
    }
  }
}

/// Names a token in the config where the vocabulary has it and the config says nothing.
void set_default(json& config, const char* key, const char* token, const json& vocabulary) {
  if (!config.contains(key) && vocabulary.contains(token)) config[key] = token;
}

}  // namespace

TokenizerDocument byte_level_document(json vocabulary, json merges, const json& config,
                                      bool roberta) {
  TokenizerDocument made;
  made.config = config;
  json added = json::array();
  const auto add = [&](const std::string& token, bool lstrip) {
    if (vocabulary.contains(token)) {
      added.push_back(
          added_token(token, vocabulary[token], {.lstrip = lstrip, .normalized = !lstrip}));
    }
  };
  json post = byte_level_part(true, false);
  const bool space = bool_field(config, "add_prefix_space", false);
  if (roberta) {
    const std::string cls = named(config, "cls_token", "<s>");
    const std::string sep = named(config, "sep_token", "</s>");
    if (!vocabulary.contains(cls) || !vocabulary.contains(sep)) {
      throw std::invalid_argument("it lacks \"" + cls + "\" or \"" + sep + "\"");
    }
    for (const char* token : {"<s>", "<pad>", "</s>", "<unk>"}) add(token, false);
    add(named(config, "mask_token", "<mask>"), true);
    post = {{"type", "RobertaProcessing"},
            {"sep", {sep, vocabulary[sep]}},
            {"cls", {cls, vocabulary[cls]}},
            {"trim_offsets", true},
            {"add_prefix_space", space}};
    set_default(made.config, "bos_token", "<s>", vocabulary);
    set_default(made.config, "eos_token", "</s>", vocabulary);
    set_default(made.config, "pad_token", "<pad>", vocabulary);
    set_default(made.config, "mask_token", "<mask>", vocabulary);
  } else {
    add(named(config, "eos_token", "<|endoftext|>"), false);
    set_default(made.config, "bos_token", "<|endoftext|>", vocabulary);
    set_default(made.config, "eos_token", "<|endoftext|>", vocabulary);
  }
  add_configured(config, added);
  json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", nullptr},
                {"continuing_subword_prefix", ""},
                {"end_of_word_suffix", ""},
                {"fuse_unk", false},
                {"byte_fallback", false},
                {"vocab", std::move(vocabulary)},
                {"merges", std::move(merges)}};
  made.tokenizer = document_of({.added_tokens = std::move(added),
                                .normalizer = nullptr,
                                .pre_tokenizer = byte_level_part(space, true),
                                .post_processor = std::move(post),
                                .decoder = byte_level_part(true, true),
                                .model = std::move(model)});
  return made;
}

TokenizerDocument bert_document(json vocabulary, const json& config) {
  TokenizerDocument made;
  made.config = config;
  const std::string cls = named(config, "cls_token", "[CLS]");
  const std::string sep = named(config, "sep_token", "[SEP]");
  const std::string unk = named(config, "unk_token", "[UNK]");
  for (const std::string& token : {cls, sep, unk}) {
    if (!vocabulary.contains(token)) {
      throw std::invalid_argument("it lacks the token \"" + token + "\"");
    }
  }
  json added = json::array();
  for (const std::string& token : {named(config, "pad_token", "[PAD]"), unk, cls, sep,
                                   named(config, "mask_token", "[MASK]")}) {
    if (vocabulary.contains(token)) {
      added.push_back(added_token(token, vocabulary[token], {}));
    }
  }
  add_configured(config, added);
  set_default(made.config, "pad_token", "[PAD]", vocabulary);
  set_default(made.config, "mask_token", "[MASK]", vocabulary);
  const auto special = [&](const std::string& token) -> json {
    return {
        {"id", token}, {"ids", json::array({vocabulary[token]})}, {"tokens", json::array({token})}};
  };
  const auto token_step = [](const std::string& token, int type) -> json {
    return {{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto text_step = [](const char* which, int type) -> json {
    return {{"Sequence", {{"id", which}, {"type_id", type}}}};
  };
  const json single = {token_step(cls, 0), text_step("A", 0), token_step(sep, 0)};
  json pair = single;
  pair.push_back(text_step("B", 1));
  pair.push_back(token_step(sep, 1));
  json post = {{"type", "TemplateProcessing"},
               {"single", single},
               {"pair", pair},
               {"special_tokens", {{cls, special(cls)}, {sep, special(sep)}}}};
  json normalizer = {{"type", "BertNormalizer"},
                     {"clean_text", true},
                     {"handle_chinese_chars", bool_field(config, "tokenize_chinese_chars", true)},
                     {"strip_accents", field(config, "strip_accents")},
                     {"lowercase", bool_field(config, "do_lower_case", true)}};
  json model = {{"type", "WordPiece"},
                {"unk_token", unk},
                {"continuing_subword_prefix", "##"},
                {"max_input_chars_per_word", 100},
                {"vocab", std::move(vocabulary)}};
  made.tokenizer =
      document_of({.added_tokens = std::move(added),
                   .normalizer = std::move(normalizer),
                   .pre_tokenizer = {{"type", "BertPreTokenizer"}},
                   .post_processor = std::move(post),
                   .decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
                   .model = std::move(model)});
  return made;
}

}  // namespace assay::text
