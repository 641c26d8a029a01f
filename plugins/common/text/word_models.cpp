// Models that look whole words or their longest beginnings up: WordPiece and WordLevel.
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::text {

namespace {

constexpr int64_t kLongestWord = 1 << 20;  // of max_input_chars_per_word

uint32_t size_of(std::string_view word) { return static_cast<uint32_t>(word.size()); }

/// The id of the token for unknown words; -1 if the vocabulary has none.
Id unknown_id(const nlohmann::json& json, const Vocabulary& vocabulary, const char* fallback) {
  return vocabulary.find(string_field(json, "unk_token", fallback));
}

void append_unknown(std::string_view word, Id unknown, std::vector<Token>& tokens) {
  if (unknown < 0) {
    throw std::invalid_argument("no token for the word \"" + std::string(word.substr(0, 40)) +
                                "\", and none for unknown words");
  }
  tokens.push_back({unknown, 0, size_of(word)});
}

class WordLevel final : public TokenModel {
 public:
  WordLevel(const nlohmann::json& json, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), unknown_(unknown_id(json, vocabulary, "<unk>")) {}

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const Id id = vocabulary_.find(word);
    if (id < 0) return append_unknown(word, unknown_, tokens);
    tokens.push_back({id, 0, size_of(word)});
  }

 private:
  const Vocabulary& vocabulary_;
  Id unknown_;
};

/// The longest token that begins the word, then the longest "##token" that goes on, and so forth;
/// a word that cannot be had so, or that is too long, is unknown as a whole.
class WordPiece final : public TokenModel {
 public:
  WordPiece(const nlohmann::json& json, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary),
        unknown_(unknown_id(json, vocabulary, "[UNK]")),
        prefix_(string_field(json, "continuing_subword_prefix", "##")),
        most_characters_(100) {
    const nlohmann::json& most = field(json, "max_input_chars_per_word");
    if (!most.is_null()) {
      if (!most.is_number_integer() || most.get<int64_t>() < 0 ||
          most.get<int64_t>() > kLongestWord) {
        throw std::invalid_argument("\"max_input_chars_per_word\" is " + most.dump() +
                                    "; 0 to 1048576 was expected");
      }
      most_characters_ = most.get<int64_t>();
    }
    for (int64_t id = 0; id < vocabulary.size(); ++id) {
      if (!vocabulary.has(static_cast<Id>(id))) continue;
      longest_ = std::max(longest_, vocabulary.token(static_cast<Id>(id)).size());
    }
  }

  void tokenize(std::string_view word, std::vector<Token>& tokens) const override {
    const auto characters =
        std::count_if(word.begin(), word.end(), [](char byte) { return !utf8_continues(byte); });
    const size_t before = tokens.size();
    if (characters > most_characters_ || !cut(word, tokens)) {
      tokens.resize(before);
      append_unknown(word, unknown_, tokens);
    }
  }

 private:
  bool cut(std::string_view word, std::vector<Token>& tokens) const {
    std::string candidate;
    for (size_t begin = 0; begin < word.size();) {
      candidate.assign(begin > 0 ? prefix_ : std::string());
      const size_t head = candidate.size();
      candidate.append(word, begin, longest_);
      while (candidate.size() > head && utf8_continues(byte_after(word, begin, candidate, head))) {
        candidate.pop_back();
      }
      Id id = -1;
      while (candidate.size() > head && (id = vocabulary_.find(candidate)) < 0) {
        while (utf8_continues(candidate.back())) candidate.pop_back();
        candidate.pop_back();
      }
      if (id < 0) return false;
      const size_t end = begin + candidate.size() - head;
      tokens.push_back({id, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
      begin = end;
    }
    return true;
  }

  /// The byte of the word that follows the candidate's; a letter at its end.
  static char byte_after(std::string_view word, size_t begin, const std::string& candidate,
                         size_t head) {
    const size_t at = begin + candidate.size() - head;
    return at < word.size() ? word[at] : 'a';
  }

  const Vocabulary& vocabulary_;
  Id unknown_;
  std::string prefix_;
  int64_t most_characters_;
  size_t longest_ = 0;  // bytes of the longest token
};

}  // namespace

std::unique_ptr<TokenModel> make_word_level(const nlohmann::json& json,
                                            const Vocabulary& vocabulary) {
  return std::make_unique<WordLevel>(json, vocabulary);
}

std::unique_ptr<TokenModel> make_word_piece(const nlohmann::json& json,
                                            const Vocabulary& vocabulary) {
  return std::make_unique<WordPiece>(json, vocabulary);
}

}  // namespace assay::text
