#include "plugins/common/data/duplicates.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <unordered_map>
#include <utf8proc.h>

namespace assay::data {
namespace {

bool blank(utf8proc_int32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  const auto category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP || c == 0x85;
}

/// The text with one blank for each run of white space.
std::string single_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool between = false;
  while (!text.empty()) {
    utf8proc_int32_t c = static_cast<uint8_t>(text.front());
    size_t n = 1;
    if (c >= 0x80) {
      const auto got = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                        static_cast<utf8proc_ssize_t>(text.size()), &c);
      n = got > 0 ? static_cast<size_t>(got) : 1;
      if (got <= 0) c = 0xfffd;
    }
    if (blank(c)) {
      between = true;
    } else {
      if (between && !out.empty()) out += ' ';
      between = false;
      out += text.substr(0, n);
    }
    text.remove_prefix(n);
  }
  return out;
}

class Found {
 public:
  explicit Found(std::span<const std::string> texts) : texts_(texts) {}
  /// The first of the texts that were added and equal `normal`; -1 if there is none.
  int64_t find(const std::string& normal) const {
    const auto [begin, end] = by_hash_.equal_range(XXH3_64bits(normal.data(), normal.size()));
    int64_t first = -1;
    for (auto at = begin; at != end; ++at)
      if ((first < 0 || at->second < first) &&
          normal_text(texts_[static_cast<size_t>(at->second)]) == normal)
        first = at->second;
    return first;
  }
  void add(const std::string& normal, size_t i) {
    by_hash_.emplace(XXH3_64bits(normal.data(), normal.size()), static_cast<int64_t>(i));
  }

 private:
  std::span<const std::string> texts_;
  std::unordered_multimap<uint64_t, int64_t> by_hash_;  // of each text its first occurrence
};
}  // namespace

std::string normal_text(std::string_view text) {
  std::string out = single_blanks(text);
  if (std::all_of(out.begin(), out.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; })) {
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return out;
  }
  utf8proc_uint8_t* mapped = nullptr;
  const auto n = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(out.data()),
      static_cast<utf8proc_ssize_t>(out.size()), &mapped,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(mapped, std::free);
  if (n >= 0) out.assign(reinterpret_cast<const char*>(mapped), static_cast<size_t>(n));
  return out;
}

std::vector<int64_t> exact_duplicates(std::span<const std::string> texts) {
  Found found(texts);
  std::vector<int64_t> first;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string normal = normal_text(texts[i]);
    first.push_back(found.find(normal));
    if (first.back() < 0) found.add(normal, i);
  }
  return first;
}

std::vector<int64_t> exact_duplicates(std::span<const std::string> texts,
                                      std::span<const std::string> others) {
  Found found(others);
  for (size_t i = 0; i < others.size(); ++i) {
    const std::string normal = normal_text(others[i]);
    if (found.find(normal) < 0) found.add(normal, i);
  }
  std::vector<int64_t> first;
  for (const auto& text : texts) first.push_back(found.find(normal_text(text)));
  return first;
}

}  // namespace assay::data
