#include "plugins/common/data/dictd.hpp"
#include "plugins/common/data/text_source.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace assay::data {
namespace {

/// A number in base 64, most significant digit first: A-Z a-z 0-9 + /.
std::optional<uint64_t> base64_number(std::string_view digits) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (digits.empty() || digits.size() > 10) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 6 | digit;
  }
  return value;
}
}  // namespace

bool for_each_entry(std::string_view index, const std::string& index_path, View dictionary,
                    const std::function<bool(const DictionaryEntry&)>& visit) {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (int64_t number = 1; !index.empty(); ++number) {
    const size_t end = std::min(index.find('\n'), index.size());
    std::string_view line = index.substr(0, end);
    index.remove_prefix(std::min(end + 1, index.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const size_t first = line.find('\t');
    const size_t second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (second == std::string_view::npos)
      malformed_line(index_path, number, "is not a headword, an offset and a length, with tabs");
    // A fourth field, where there is one, is the headword as it was written.
    const std::string_view size = line.substr(second + 1);
    const auto offset = base64_number(line.substr(first + 1, second - first - 1)),
               length = base64_number(size.substr(0, size.find('\t')));
    if (!offset || !length)
      malformed_line(index_path, number, "has an offset or a length that is no number in base 64");
    if (*offset > dictionary.size() || *length > dictionary.size() - *offset)
      malformed_line(index_path, number,
                     "names bytes " + std::to_string(*offset) + " to " +
                         std::to_string(*offset + *length) + " of a dictionary of " +
                         std::to_string(dictionary.size()));
    const std::string_view word = line.substr(0, first);
    if (word.starts_with("00-database") || word.starts_with("00database")) continue;
    if (!seen.emplace(*offset, *length).second) continue;
    if (!visit({number, word, as_text(dictionary.subspan(*offset, *length)), *offset}))
      return false;
  }
  return true;
}

}  // namespace assay::data
