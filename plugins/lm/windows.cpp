#include "plugins/lm/windows.hpp"

#include <algorithm>

namespace lm {
namespace {

using assay::text::Id;

/// What the tokenizer puts before a text. What it puts after one is not part of the text.
std::vector<Id> beginning(const assay::text::Tokenizer& tokenizer) {
  const auto with = tokenizer.encode("a"), plain = tokenizer.encode("a", {.add_special = false});
  const auto at = std::search(with.begin(), with.end(), plain.begin(), plain.end());
  return at == with.end() ? std::vector<Id>{} : std::vector<Id>(with.begin(), at);
}

}  // namespace

Windowed windows_of(const assay::text::Tokenizer& tokenizer, const std::string& text,
                    int64_t length, bool special) {
  const auto begin = beginning(tokenizer);
  const auto encoded =
      tokenizer.encode_with_spans(text, {.add_special = false, .parse_special = special});
  const auto& ids = encoded.ids;
  const size_t carried = begin.empty() ? 1 : 0;  // tokens of the text that are context alone
  Windowed out;
  out.context = begin.empty() ? 1 : begin.size();
  if (ids.size() <= carried) return out;
  const auto whole = static_cast<size_t>(length);
  const size_t fresh = whole > out.context ? whole - out.context : 1;  // scored in a window
  for (size_t at = carried; at < ids.size(); at += fresh) {
    auto window = begin.empty() ? std::vector<Id>{ids[at - 1]} : begin;
    const size_t end = std::min(ids.size(), at + fresh);
    window.insert(window.end(), ids.begin() + static_cast<std::ptrdiff_t>(at),
                  ids.begin() + static_cast<std::ptrdiff_t>(end));
    out.windows.push_back(std::move(window));
  }
  out.spans.assign(encoded.spans.begin() + static_cast<std::ptrdiff_t>(carried),
                   encoded.spans.end());
  uint32_t reached = 0;
  for (const auto& span : out.spans) {
    const uint32_t from = std::max(reached, span.begin);
    if (span.end > from) out.bytes += span.end - from;
    reached = std::max(reached, span.end);
  }
  return out;
}

}  // namespace lm
