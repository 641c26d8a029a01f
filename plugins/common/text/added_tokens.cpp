#include "plugins/common/text/added_tokens.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/unicode_classes.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::text {

namespace {

constexpr size_t kLongestToken = 1 << 16;  // bytes

uint8_t classes_before(std::string_view text, size_t end) {
  if (end == 0) return 0;
  size_t at = end - 1;
  while (at > 0 && utf8_continues(text[at])) --at;
  return unicode_classes().of(utf8_at(text, at));
}

uint8_t classes_after(std::string_view text, size_t at) {
  return at < text.size() ? unicode_classes().of(utf8_at(text, at)) : uint8_t{0};
}

}  // namespace

AddedToken read_added_token(const nlohmann::json& json) {
  AddedToken token;
  token.content = string_field(json, "content", "");
  const nlohmann::json& id = field(json, "id");
  if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > INT32_MAX) {
    throw std::invalid_argument("the added token \"" + token.content + "\" has the id " +
                                id.dump() + "; a whole number from 0 was expected");
  }
  token.id = id.get<Id>();
  token.single_word = bool_field(json, "single_word", false);
  token.lstrip = bool_field(json, "lstrip", false);
  token.rstrip = bool_field(json, "rstrip", false);
  token.special = bool_field(json, "special", false);
  token.normalized = bool_field(json, "normalized", !token.special);
  return token;
}

TokenFinder::TokenFinder(const std::vector<AddedToken>& tokens, bool normalized,
                         const Normalizer* normalizer)
    : first_(256) {
  for (const AddedToken& token : tokens) {
    if (token.normalized != normalized) continue;
    AlignedText spelled(token.content, 0, false);
    if (normalized && normalizer != nullptr) normalizer->apply(spelled);
    if (spelled.text().size() > kLongestToken) {
      throw std::invalid_argument("the added token \"" + token.content.substr(0, 40) + "\" has " +
                                  std::to_string(spelled.text().size()) +
                                  " bytes when it is normalised; 65536 are allowed");
    }
    if (!spelled.text().empty()) entries_.push_back({spelled.text(), &token});
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.spelled < b.spelled; });
  for (const Entry& entry : entries_) first_[static_cast<unsigned char>(entry.spelled[0])] = true;
}

std::unordered_map<Id, std::string> TokenFinder::respelled() const {
  std::unordered_map<Id, std::string> respelled;
  for (const auto& [spelled, token] : entries_) {
    if (spelled != token->content) respelled.emplace(token->id, spelled);
  }
  return respelled;
}

size_t TokenFinder::next(std::string_view text, size_t at) const {
  while (at < text.size() && !first_[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

size_t TokenFinder::longest(std::string_view text, size_t at) const {
  size_t best = entries_.size();
  auto begin = entries_.begin(), end = entries_.end();
  for (size_t depth = 0; begin != end && at + depth < text.size(); ++depth) {
    const char byte = text[at + depth];
    begin = std::lower_bound(begin, end, byte, [&](const Entry& entry, char b) {
      return entry.spelled.size() <= depth ||
             static_cast<unsigned char>(entry.spelled[depth]) < static_cast<unsigned char>(b);
    });
    end = std::upper_bound(begin, end, byte, [&](char b, const Entry& entry) {
      return static_cast<unsigned char>(b) < static_cast<unsigned char>(entry.spelled[depth]);
    });
    if (begin != end && begin->spelled.size() == depth + 1) {
      best = static_cast<size_t>(begin - entries_.begin());
    }
  }
  return best;
}

bool TokenFinder::touches_word(std::string_view text, Range range) {
  return ((classes_before(text, range.begin) | classes_after(text, range.end)) & kWordCharacter) !=
         0;
}

void TokenFinder::take_spaces(std::string_view text, const AddedToken& token, uint32_t done,
                              Range& range) {
  while (token.lstrip && range.begin > done && classes_before(text, range.begin) & kSpace) {
    do --range.begin;
    while (utf8_continues(text[range.begin]));
  }
  while (token.rstrip && classes_after(text, range.end) & kSpace) {
    range.end += utf8_size(static_cast<unsigned char>(text[range.end]));
  }
}

}  // namespace assay::text
