#include "plugins/common/text/bpe.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/utf8.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

using Halves = std::pair<std::string_view, std::string_view>;

/// "a b" or ["a", "b"].
Halves halves_of(const nlohmann::json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>()};
  }
  if (merge.is_string()) {
    const std::string_view text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string_view::npos && text.find(' ', space + 1) == std::string_view::npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  }
  throw std::invalid_argument("the merge " + merge.dump() +
                              " is neither \"LEFT RIGHT\" nor [\"LEFT\", \"RIGHT\"]");
}

Id token_of_merge(const Vocabulary& vocabulary, std::string_view token, size_t index) {
  const Id id = vocabulary.find(token);
  if (id < 0) {
    throw std::invalid_argument("merge " + std::to_string(index) + " needs the token \"" +
                                std::string(token) + "\", which the vocabulary lacks");
  }
  return id;
}

class Bpe : public TokenModel {
 public:
  Bpe(BpeRules rules, const Vocabulary& vocabulary)
      : rules_(std::move(rules)), vocabulary_(vocabulary) {
    if (!rules_.unk.empty()) unk_ = vocabulary.find(rules_.unk);
    for (size_t byte = 0; byte < bytes_.size(); ++byte) {
      constexpr const char* kHex = "0123456789ABCDEF";
      const std::string name = {'<', '0', 'x', kHex[byte >> 4], kHex[byte & 15], '>'};
      bytes_[byte] = vocabulary.find(name);
    }
  }

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    if (rules_.ignore_merges) {
      const Id whole = vocabulary_.find(word);
      if (whole >= 0) return tokens.push_back({whole, 0, static_cast<uint32_t>(word.size())});
    }
    std::vector<Symbol> symbols = characters(word);
    rules_.merges.merge(symbols);
    uint32_t at = 0;
    for (const Symbol& symbol : symbols) {
      tokens.push_back({symbol.id, at, at + symbol.size});
      at += symbol.size;
    }
  }

 private:
  std::vector<Symbol> characters(std::string_view word) const {
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    Symbol unknown{unk_, 0};  // held back while more of them may be fused with it
    std::string spelled;
    for (size_t at = 0; at < word.size();) {
      const size_t size = utf8_size(static_cast<unsigned char>(word[at]));
      spelled.assign(at > 0 ? rules_.prefix : "").append(word.substr(at, size));
      if (at + size == word.size()) spelled += rules_.suffix;
      const Id id = vocabulary_.find(spelled);
      const auto length = static_cast<uint32_t>(size);
      at += size;
      if (id >= 0) {
        if (unknown.size > 0) symbols.push_back(std::exchange(unknown, {unk_, 0}));
        symbols.push_back({id, length});
      } else if (!add_bytes(spelled, symbols) && !rules_.unk.empty()) {
        if (unk_ < 0) {
          throw std::invalid_argument("the vocabulary lacks its own unknown token \"" + rules_.unk +
                                      "\"");
        }
        if (unknown.size > 0 && !rules_.fuse_unk) {
          symbols.push_back(std::exchange(unknown, {unk_, 0}));
        }
        unknown.size += length;
      }
    }
    if (unknown.size > 0) symbols.push_back(unknown);
    return symbols;
  }

  /// A character as its bytes; false if one of them has no token.
  bool add_bytes(std::string_view spelled, std::vector<Symbol>& symbols) const {
    if (!rules_.byte_fallback) return false;
    for (const char byte : spelled) {
      if (bytes_[static_cast<unsigned char>(byte)] < 0) return false;
    }
    for (const char byte : spelled) {
      symbols.push_back({bytes_[static_cast<unsigned char>(byte)], 1});
    }
    return true;
  }

  BpeRules rules_;
  const Vocabulary& vocabulary_;
  Id unk_ = -1;
  std::array<Id, 256> bytes_;
};

}  // namespace

BpeRules read_bpe_rules(const nlohmann::json& model, const Vocabulary& vocabulary) {
  BpeRules rules;
  rules.unk = string_field(model, "unk_token", "");
  rules.prefix = string_field(model, "continuing_subword_prefix", "");
  rules.suffix = string_field(model, "end_of_word_suffix", "");
  rules.fuse_unk = bool_field(model, "fuse_unk", false);
  rules.byte_fallback = bool_field(model, "byte_fallback", false);
  rules.ignore_merges = bool_field(model, "ignore_merges", false);
  const nlohmann::json& dropout = field(model, "dropout");
  if (!dropout.is_null() && dropout != 0.0) {
    throw std::invalid_argument("the model drops merges at random (dropout " + dropout.dump() +
                                "); set it to null");
  }
  const nlohmann::json& merges = field(model, "merges");
  if (!merges.is_array()) {
    throw std::invalid_argument("the model \"BPE\" has no list \"merges\"");
  }
  rules.merges = MergeTable(merges.size());
  std::string joined;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto [left, right] = halves_of(merges[rank]);
    if (right.size() < rules.prefix.size()) {
      throw std::invalid_argument("merge " + std::to_string(rank) +
                                  " is shorter than the continuing_subword_prefix");
    }
    joined.assign(left).append(right.substr(rules.prefix.size()));
    const Id first = token_of_merge(vocabulary, left, rank);
    const Id second = token_of_merge(vocabulary, right, rank);
    rules.merges.set(first, second,
                     {static_cast<uint32_t>(rank), token_of_merge(vocabulary, joined, rank)});
  }
  return rules;
}

std::unique_ptr<TokenModel> make_bpe(const nlohmann::json& model, const Vocabulary& vocabulary) {
  return std::make_unique<Bpe>(read_bpe_rules(model, vocabulary), vocabulary);
}

}  // namespace assay::text
