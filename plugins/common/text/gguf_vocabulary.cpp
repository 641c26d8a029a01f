// The vocabulary of a GGUF file as tokenizer.json and tokenizer_config.json.
#include "plugins/common/text/document_parts.hpp"
#include "plugins/common/text/gguf_pre_tokenizer.hpp"
#include "plugins/common/text/score_merges.hpp"
#include "plugins/common/text/tokenizer_document.hpp"
#include "plugins/common/text/utf8.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace assay::text {

namespace {

using nlohmann::json;
using weights::GgufMetadata;

/// tokenizer.ggml.token_type, GGUF's numbers.
enum TokenType : int64_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

constexpr const char* kMeta = "\xE2\x96\x81";  // U+2581, a blank in SentencePiece's spelling

struct Lists {
  std::vector<std::string_view> tokens;
  std::vector<int64_t> types;
};

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument(what); }

std::string quoted(std::string_view token) { return "\"" + std::string(token) + "\""; }

void check_size(const char* key, size_t size, const Lists& lists) {
  if (size == lists.tokens.size()) return;
  refuse(std::string(key) + " has " + std::to_string(size) + " entries for " +
         std::to_string(lists.tokens.size()) + " tokens");
}

Lists read_lists(const GgufMetadata& metadata) {
  Lists lists;
  lists.tokens = metadata.strings("tokenizer.ggml.tokens");
  if (lists.tokens.empty()) refuse("tokenizer.ggml.tokens has no token");
  lists.types.assign(lists.tokens.size(), kNormal);
  if (metadata.has("tokenizer.ggml.token_type")) {
    lists.types = metadata.integers("tokenizer.ggml.token_type");
    check_size("tokenizer.ggml.token_type", lists.types.size(), lists);
  }
  for (size_t id = 0; id < lists.tokens.size(); ++id) {
    const size_t flaw = utf8_invalid(lists.tokens[id]);
    if (flaw != std::string_view::npos) {
      refuse("token " + std::to_string(id) + " is no UTF-8 at its byte " + std::to_string(flaw));
    }
    if (lists.types[id] < kNormal || lists.types[id] > kByte) {
      refuse("token " + std::to_string(id) + " has the type " + std::to_string(lists.types[id]) +
             "; types are 1 to 6");
    }
  }
  return lists;
}

json vocabulary_json(const Lists& lists) {
  json vocabulary = json::object();
  for (size_t id = 0; id < lists.tokens.size(); ++id) {
    const auto [place, fresh] = vocabulary.emplace(std::string(lists.tokens[id]), id);
    if (!fresh) {
      refuse("tokens " + place->dump() + " and " + std::to_string(id) + " are both " +
             quoted(lists.tokens[id]));
    }
  }
  return vocabulary;
}

/// Control tokens are special; those that users defined are found in text, whoever wrote it.
json added_tokens(const Lists& lists) {
  json added = json::array();
  for (size_t id = 0; id < lists.tokens.size(); ++id) {
    const int64_t type = lists.types[id];
    if (type != kControl && type != kUserDefined && type != kUnknown) continue;
    if (lists.tokens[id].empty()) continue;
    added.push_back(
        added_token(std::string(lists.tokens[id]), id, {.special = type != kUserDefined}));
  }
  return added;
}

json merges_json(const GgufMetadata& metadata) {
  json merges = json::array();
  for (const std::string_view merge : metadata.strings("tokenizer.ggml.merges")) {
    const size_t blank = merge.find(' ', 1);
    if (blank == std::string_view::npos || blank + 1 == merge.size()) {
      refuse("merge " + std::to_string(merges.size()) + " of tokenizer.ggml.merges, " +
             quoted(merge) + ", is not two tokens");
    }
    merges.push_back({std::string(merge.substr(0, blank)), std::string(merge.substr(blank + 1))});
  }
  return merges;
}

json bpe_json(json vocabulary, json merges, const json& unknown, bool sentence_piece, bool bytes,
              bool ignore_merges) {
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", sentence_piece},
          {"byte_fallback", bytes},
          {"ignore_merges", ignore_merges},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}};
}

/// The token that a key names by id; `fallback` is its id where the key is missing, -1 for none.
json named_token(const GgufMetadata& metadata, const char* key, int64_t fallback,
                 const Lists& lists) {
  const int64_t id = metadata.integer(key, fallback);
  if (id < 0 && !metadata.has(key)) return nullptr;
  if (id < 0 || id >= static_cast<int64_t>(lists.tokens.size())) {
    refuse(std::string(key) + " is " + std::to_string(id) + "; the vocabulary has " +
           std::to_string(lists.tokens.size()) + " tokens");
  }
  return std::string(lists.tokens[static_cast<size_t>(id)]);
}

/// What stands around a text, from the configuration's tokens and flags.
json post_processor(const json& config, const json& vocabulary) {
  json pieces = json::array(), known = json::object();
  const auto add = [&](const char* flag, const char* name) {
    if (!config.at(flag).get<bool>()) return;
    if (config.at(name).is_null()) {
      refuse(std::string("tokenizer.ggml.") + flag + " is true, but there is no " + name);
    }
    const auto token = config.at(name).get<std::string>();
    pieces.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
    known[token] = {{"id", token},
                    {"ids", json::array({vocabulary.at(token)})},
                    {"tokens", json::array({token})}};
  };
  const json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  add("add_bos_token", "bos_token");
  pieces.push_back(text);
  add("add_eos_token", "eos_token");
  if (known.empty()) return nullptr;
  const json second = {{"Sequence", {{"id", "B"}, {"type_id", 0}}}};
  json pair = pieces;
  pair.push_back(second);
  return {{"type", "TemplateProcessing"},
          {"single", std::move(pieces)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(known)}};
}

json config_json(const GgufMetadata& metadata, const Lists& lists, bool sentence_piece,
                 bool add_bos) {
  const auto fallback = [&](int64_t id) { return sentence_piece ? id : -1; };
  json config = {
      {"bos_token", named_token(metadata, "tokenizer.ggml.bos_token_id", fallback(1), lists)},
      {"eos_token", named_token(metadata, "tokenizer.ggml.eos_token_id", fallback(2), lists)},
      {"unk_token", named_token(metadata, "tokenizer.ggml.unknown_token_id", fallback(0), lists)},
      {"pad_token", named_token(metadata, "tokenizer.ggml.padding_token_id", -1, lists)},
      {"add_eos_token", metadata.boolean("tokenizer.ggml.add_eos_token", false)},
      {"clean_up_tokenization_spaces", false}};
  // What a family adds by default is added where the file has such a token.
  config["add_bos_token"] = metadata.boolean("tokenizer.ggml.add_bos_token",
                                             add_bos && !config.at("bos_token").is_null());
  if (metadata.has("tokenizer.chat_template")) {
    const std::string jinja = metadata.string("tokenizer.chat_template");
    const size_t flaw = utf8_invalid(jinja);
    if (flaw != std::string::npos) {
      refuse("tokenizer.chat_template is no UTF-8 at byte " + std::to_string(flaw));
    }
    config["chat_template"] = jinja;
  }
  return config;
}

TokenizerDocument byte_level_vocabulary(const GgufMetadata& metadata) {
  const Lists lists = read_lists(metadata);
  const GgufPreTokenizer& pre =
      gguf_pre_tokenizer(metadata.string("tokenizer.ggml.pre", "default"));
  TokenizerDocument document;
  document.config = config_json(metadata, lists, false, pre.begins_with_bos);
  json vocabulary = vocabulary_json(lists);
  json post = post_processor(document.config, vocabulary);
  document.tokenizer =
      document_of({.added_tokens = added_tokens(lists),
                   .normalizer = pre.composes ? json{{"type", "NFC"}} : json(nullptr),
                   .pre_tokenizer = pre_tokenizer_json(pre),
                   .post_processor = std::move(post),
                   .decoder = byte_level_part(true, true),
                   .model = bpe_json(std::move(vocabulary), merges_json(metadata), nullptr, false,
                                     false, pre.ignores_merges)});
  return document;
}

/// Whether there is a token <0xNN> for each byte; std::invalid_argument if for some only.
bool has_byte_tokens(const json& vocabulary) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  int count = 0;
  std::string missing;
  for (size_t byte = 0; byte < 256; ++byte) {
    const std::string token = std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">";
    if (vocabulary.contains(token)) {
      ++count;
    } else {
      missing = token;
    }
  }
  if (count > 0 && count < 256) refuse("the vocabulary has byte tokens, but no " + missing);
  return count == 256;
}

TokenizerDocument sentence_piece_vocabulary(const GgufMetadata& metadata) {
  const Lists lists = read_lists(metadata);
  const std::vector<float> scores = metadata.numbers("tokenizer.ggml.scores");
  check_size("tokenizer.ggml.scores", scores.size(), lists);
  std::vector<bool> in_text(lists.tokens.size());
  for (size_t id = 0; id < scores.size(); ++id) {
    if (!std::isfinite(scores[id])) {
      refuse("token " + std::to_string(id) + " has a score that is not finite");
    }
    in_text[id] = lists.types[id] == kNormal || lists.types[id] == kUnused;
  }
  TokenizerDocument document;
  document.config = config_json(metadata, lists, true, true);
  json vocabulary = vocabulary_json(lists);
  const bool bytes = has_byte_tokens(vocabulary);
  const bool prefix = metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  json post = post_processor(document.config, vocabulary);
  const auto replace = [](const char* from, const char* to) -> json {
    return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
  };
  json normalizers = json::array({replace(" ", kMeta)});
  json decoders =
      json::array({replace(kMeta, " "), json{{"type", "ByteFallback"}}, json{{"type", "Fuse"}}});
  if (prefix) {
    normalizers.insert(normalizers.begin(), json{{"type", "Prepend"}, {"prepend", kMeta}});
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  document.tokenizer = document_of(
      {.added_tokens = added_tokens(lists),
       .normalizer = {{"type", "Sequence"}, {"normalizers", std::move(normalizers)}},
       .pre_tokenizer = nullptr,
       .post_processor = std::move(post),
       .decoder = {{"type", "Sequence"}, {"decoders", std::move(decoders)}},
       .model = bpe_json(std::move(vocabulary), merges_of_scores(lists.tokens, scores, in_text),
                         document.config.at("unk_token"), true, bytes, false)});
  return document;
}

}  // namespace

TokenizerDocument read_gguf_vocabulary(const GgufMetadata& metadata) {
  const std::string model = metadata.string("tokenizer.ggml.model");
  try {
    if (model == "gpt2") return byte_level_vocabulary(metadata);
    if (model == "llama") return sentence_piece_vocabulary(metadata);
    refuse("tokenizer.ggml.model \"" + model + "\" is not supported; supported are: gpt2, llama");
  } catch (const std::invalid_argument& error) {
    const std::string_view what = error.what();
    if (what.starts_with(metadata.path())) throw;  // a key that is missing or of another type
    refuse(metadata.path() + ": " + std::string(what));
  }
}

}  // namespace assay::text
