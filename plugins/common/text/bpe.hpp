// Byte-pair encoding as tokenizer.json describes it: what every form of it shares.
#pragma once
#include "plugins/common/text/merges.hpp"
#include "plugins/common/text/vocabulary.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace assay::text {

struct BpeRules {
  MergeTable merges;
  std::string unk;     // the token of what has none; empty: such characters vanish
  std::string prefix;  // of each character that does not begin a word
  std::string suffix;  // of the character that ends a word
  bool fuse_unk = false;
  bool byte_fallback = false;  // what has no token becomes its bytes' <0xNN>
  bool ignore_merges = false;  // a word that is a token is that token
};

/// The "model" of tokenizer.json. std::invalid_argument: merges of what is no token, or dropout.
BpeRules read_bpe_rules(const nlohmann::json& model, const Vocabulary& vocabulary);

}  // namespace assay::text
