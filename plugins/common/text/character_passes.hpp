// Passes over a text that look at one character at a time.
#pragma once
#include "plugins/common/text/aligned_text.hpp"
#include "plugins/common/text/unicode.hpp"

#include <algorithm>

namespace assay::text {

/// Leaves out the characters for which `unwanted` is true.
template <typename Predicate>
void drop_where(AlignedText& text, Predicate unwanted) {
  for (Rewriter out(text); !out.done();) {
    if (unwanted(out.next())) {
      out.drop();
    } else {
      out.keep();
    }
  }
}

/// Every character by itself in lower case: no final sigma.
inline void to_lower(AlignedText& text) {
  const auto has_no_case = [](char byte) {
    return !(byte >= 'A' && byte <= 'Z') && static_cast<unsigned char>(byte) < 0x80;
  };
  if (std::all_of(text.text().begin(), text.text().end(), has_no_case)) return;
  std::string lower;
  for (Rewriter out(text); !out.done();) {
    lower.clear();
    append_lower(lower, out.next());
    out.replace(lower);
  }
}

}  // namespace assay::text
