#include "plugins/common/text/bpe_trainer.hpp"
#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/cutter.hpp"
#include "plugins/common/text/document_parts.hpp"
#include "plugins/common/text/scanner.hpp"
#include "plugins/common/text/tokenizer_state.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <queue>
#include <stdexcept>
#include <unordered_map>

namespace assay::text {

namespace {

using Pair = uint64_t;  // ordered as (left, right)

Pair pair_of(Id left, Id right) {
  return static_cast<Pair>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

/// A word of the texts, as it is merged so far.
struct Word {
  std::vector<Id> ids;
  int64_t count = 0;
};

/// A pair, how often it stood when this was last looked at, and words that may hold it. Words that
/// come to hold a pair later make an entry of their own, so that a pair may have several.
struct Candidate {
  int64_t count = 0;
  Pair pair = 0;
  std::vector<uint32_t> words;

  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class Trainer {
 public:
  Trainer(std::span<const std::string> texts, std::span<const std::string> special_tokens) {
    for (const std::string& token : special_tokens) add_token(token);
    add_alphabet();
    count_words(texts);
    for (uint32_t i = 0; i < words_.size(); ++i) {
      const Word& word = words_[i];
      for (size_t j = 0; j + 1 < word.ids.size(); ++j) {
        change(pair_of(word.ids[j], word.ids[j + 1]), word.count, i);
      }
    }
    queue_new();
  }

  void train(size_t size) {
    while (tokens_.size() < size && !queue_.empty()) {
      Candidate top = queue_.top();
      queue_.pop();
      const int64_t count = counts_[top.pair];
      if (top.count != count) {
        top.count = count;
        queue_.push(std::move(top));
        continue;
      }
      if (count < 1) break;
      merge(top);
    }
  }

  nlohmann::json vocabulary() const {
    nlohmann::json vocabulary = nlohmann::json::object();
    for (size_t id = 0; id < tokens_.size(); ++id) vocabulary[tokens_[id]] = id;
    return vocabulary;
  }

  /// Of a pair that was merged several times the last counts.
  nlohmann::json merges() const {
    std::unordered_map<Pair, size_t> last;
    for (size_t i = 0; i < merges_.size(); ++i) last[merges_[i]] = i;
    nlohmann::json merges = nlohmann::json::array();
    for (size_t i = 0; i < merges_.size(); ++i) {
      if (last[merges_[i]] != i) continue;
      merges.push_back({tokens_[merges_[i] >> 32], tokens_[merges_[i] & UINT32_MAX]});
    }
    return merges;
  }

 private:
  Id add_token(const std::string& token) {
    const auto [found, added] = ids_.emplace(token, static_cast<Id>(tokens_.size()));
    if (added) tokens_.push_back(token);
    return found->second;
  }

  void add_alphabet() {
    auto characters = byte_characters();
    std::sort(characters.begin(), characters.end());
    for (const char32_t character : characters) {
      std::string token;
      utf8_append(token, character);
      bytes_[static_cast<size_t>(byte_of_character(character))] = add_token(token);
    }
  }

  void count_words(std::span<const std::string> texts) {
    const auto cutter = make_expression_cutter(kGpt2Expression);
    std::unordered_map<std::string, uint32_t> index;
    std::vector<Range> ranges;
    for (const std::string& text : texts) {
      const size_t flaw = utf8_invalid(text);
      if (flaw != std::string::npos || text.size() > UINT32_MAX / 4) {
        throw std::invalid_argument(flaw != std::string::npos
                                        ? "a text to train on is no UTF-8 at byte " +
                                              std::to_string(flaw)
                                        : "a text to train on has " + std::to_string(text.size()) +
                                              " bytes; 1073741823 are allowed");
      }
      ranges.clear();
      cutter->cut(text, {0, static_cast<uint32_t>(text.size())}, ranges);
      for (const Range range : ranges) {
        const std::string word = text.substr(range.begin, range.end - range.begin);
        const auto [found, added] = index.emplace(word, static_cast<uint32_t>(words_.size()));
        if (added) words_.push_back(spelled(word));
        ++words_[found->second].count;
      }
    }
  }

  Word spelled(const std::string& bytes) const {
    Word word;
    for (const char byte : bytes) word.ids.push_back(bytes_[static_cast<unsigned char>(byte)]);
    return word;
  }

  /// `word` holds the pair so many times more, or fewer.
  void change(Pair pair, int64_t by, uint32_t word) {
    counts_[pair] += by;
    if (by > 0) new_in_[pair].push_back(word);
  }

  /// Pairs that words have come to hold become candidates.
  void queue_new() {
    for (auto& [pair, words] : new_in_) {
      const int64_t count = counts_[pair];
      if (count <= 0) continue;
      std::sort(words.begin(), words.end());
      words.erase(std::unique(words.begin(), words.end()), words.end());
      queue_.push({count, pair, std::move(words)});
    }
    new_in_.clear();
  }

  void merge(const Candidate& best) {
    const auto left = static_cast<Id>(best.pair >> 32);
    const auto right = static_cast<Id>(best.pair & UINT32_MAX);
    const Id merged =
        add_token(tokens_[static_cast<size_t>(left)] + tokens_[static_cast<size_t>(right)]);
    merges_.push_back(best.pair);
    for (const uint32_t word : best.words) merge_in(word, left, right, merged);
    queue_new();
  }

  void merge_in(uint32_t index, Id left, Id right, Id merged) {
    auto& [ids, count] = words_[index];
    size_t to = 0;
    for (size_t from = 0; from < ids.size(); ++from, ++to) {
      if (ids[from] != left || from + 1 >= ids.size() || ids[from + 1] != right) {
        ids[to] = ids[from];
        continue;
      }
      if (to > 0) {
        change(pair_of(ids[to - 1], left), -count, index);
        change(pair_of(ids[to - 1], merged), count, index);
      }
      ids[to] = merged;
      ++from;
      if (from + 1 < ids.size()) {
        change(pair_of(right, ids[from + 1]), -count, index);
        change(pair_of(merged, ids[from + 1]), count, index);
      }
    }
    ids.resize(to);
  }

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, Id> ids_;
  std::array<Id, 256> bytes_{};
  std::vector<Word> words_;
  std::unordered_map<Pair, int64_t> counts_;
  std::unordered_map<Pair, std::vector<uint32_t>> new_in_;
  std::priority_queue<Candidate> queue_;
  std::vector<Pair> merges_;
};

}  // namespace

TokenizerDocument train_bpe(std::span<const std::string> texts, int64_t size,
                            std::span<const std::string> special_tokens) {
  const size_t least = special_tokens.size() + 256;
  if (size < static_cast<int64_t>(least)) {
    throw std::invalid_argument("a vocabulary of " + std::to_string(size) +
                                " ids has no room for 256 bytes and " +
                                std::to_string(special_tokens.size()) + " special tokens");
  }
  Trainer trainer(texts, special_tokens);
  trainer.train(static_cast<size_t>(size));
  TokenizerDocument made =
      byte_level_document(trainer.vocabulary(), trainer.merges(), nlohmann::json::object(), false);
  nlohmann::json added = nlohmann::json::array();
  for (const std::string& token : special_tokens) {
    added.push_back(added_token(token, made.tokenizer["model"]["vocab"][token], {}));
  }
  made.tokenizer["added_tokens"] = std::move(added);
  return made;
}

Tokenizer Tokenizer::train_byte_level_bpe(std::span<const std::string> texts, int64_t size,
                                          std::span<const std::string> special_tokens) {
  return make_tokenizer(train_bpe(texts, size, special_tokens), "the trained tokenizer");
}

}  // namespace assay::text
