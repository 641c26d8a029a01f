// Tokens that are found in the text as they are spelled, before any model sees it.
#pragma once
#include "plugins/common/text/pipeline.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assay::text {

struct AddedToken {
  Id id = -1;
  std::string content;
  bool single_word = false;  // only between characters that are not \w
  bool lstrip = false;       // takes the white space on its left
  bool rstrip = false;
  bool normalized = false;  // looked for in normalised text, normalised itself
  bool special = false;     // found only where special tokens are parsed
};

/// An element of tokenizer.json's "added_tokens".
AddedToken read_added_token(const nlohmann::json& json);

/// A stretch of text; id -1 where it is none of the tokens.
struct Found {
  Range range;
  Id id = -1;
};

/// Finds tokens: the leftmost, and of those the longest.
class TokenFinder {
 public:
  /// Those of `tokens` whose `normalized` is this; what they are looked for as is normalised.
  TokenFinder(const std::vector<AddedToken>& tokens, bool normalized, const Normalizer* normalizer);

  bool empty() const { return entries_.empty(); }
  /// Tokens that are looked for as another text than their own.
  std::unordered_map<Id, std::string> respelled() const;

  /// `special(begin, end)` says whether a special token may stand there; one that may not is text.
  template <class Special>
  std::vector<Found> find(std::string_view text, const Special& special) const {
    std::vector<Found> found;
    uint32_t done = 0;
    for (size_t at = 0; (at = next(text, at)) < text.size();) {
      const size_t entry = longest(text, at);
      if (entry == entries_.size()) {
        ++at;
        continue;
      }
      const AddedToken& token = *entries_[entry].token;
      Range range{static_cast<uint32_t>(at),
                  static_cast<uint32_t>(at + entries_[entry].spelled.size())};
      at = range.end;
      if (token.special && !special(range.begin, range.end)) continue;
      if (token.single_word && touches_word(text, range)) continue;
      take_spaces(text, token, done, range);
      if (done < range.begin) found.push_back({{done, range.begin}, -1});
      found.push_back({range, token.id});
      done = range.end;
      at = std::max<size_t>(at, done);
    }
    if (done < text.size()) found.push_back({{done, static_cast<uint32_t>(text.size())}, -1});
    return found;
  }

 private:
  struct Entry {
    std::string spelled;
    const AddedToken* token;
  };
  /// Where a token may begin at or after `at`.
  size_t next(std::string_view text, size_t at) const;
  size_t longest(std::string_view text, size_t at) const;
  static bool touches_word(std::string_view text, Range range);
  static void take_spaces(std::string_view text, const AddedToken& token, uint32_t done,
                          Range& range);

  std::vector<Entry> entries_;  // sorted by bytes
  std::vector<bool> first_;     // whether an entry begins with this byte
};

}  // namespace assay::text
