#include "plugins/common/text/normal_forms.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utf8proc.h>
#include <vector>

namespace assay::text {

namespace {

/// A character of the result. `inserted` of 1: the old text has no character for it; of -n: n more
/// characters of the old text went into it than the one that it replaces.
struct Step {
  char32_t c;
  int inserted;
  int combining;  // canonical combining class
};

int combining_class(char32_t c) {
  return c < 0x300 ? 0 : utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

/// The decomposition of `text`, marks in canonical order.
std::vector<Step> decomposed(std::string_view text, bool compatible) {
  const auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
  std::array<utf8proc_int32_t, 32> parts;  // no character has more than 18
  std::vector<Step> steps;
  for (size_t at = 0; at < text.size(); at += utf8_size(static_cast<unsigned char>(text[at]))) {
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(utf8_at(text, at)),
                                               parts.data(), parts.size(), options, &boundary);
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const auto c = static_cast<char32_t>(parts[static_cast<size_t>(i)]);
      steps.push_back({c, i > 0, combining_class(c)});
    }
  }
  for (auto first = steps.begin(); first != steps.end();) {
    const auto next =
        std::find_if(first + 1, steps.end(), [](const Step& step) { return step.combining == 0; });
    std::stable_sort(first + (first->combining == 0), next,
                     [](const Step& a, const Step& b) { return a.combining < b.combining; });
    first = next;
  }
  return steps;
}

/// The one character that the two are canonically; 0 if there is none.
char32_t composed(char32_t a, char32_t b) {
  if (b < 0x300) return 0;
  std::array<utf8proc_int32_t, 2> pair = {static_cast<utf8proc_int32_t>(a),
                                          static_cast<utf8proc_int32_t>(b)};
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
  const auto size = utf8proc_normalize_utf32(pair.data(), 2, options);
  return size == 1 ? static_cast<char32_t>(pair[0]) : 0;
}

/// Canonical composition: each character joins the last starter unless one between blocks it.
void compose(std::vector<Step>& steps) {
  std::vector<Step> result;
  size_t starter = 0;
  bool has_starter = false;
  for (const Step& step : steps) {
    if (has_starter) {
      const bool beside = starter + 1 == result.size();
      const bool blocked = !beside && result.back().combining >= step.combining;
      const char32_t one = blocked ? 0 : composed(result[starter].c, step.c);
      if (one != 0) {
        result[starter].c = one;
        result[starter].inserted += step.inserted - 1;
        continue;
      }
    }
    if (step.combining == 0) starter = result.size(), has_starter = true;
    result.push_back(step);
  }
  steps = std::move(result);
}

/// One past the last byte from which the form may change anything: from an ASCII character (which
/// a mark may follow) to the next one.
size_t stretch_end(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && static_cast<unsigned char>(text[end]) >= 0x80) ++end;
  return end;
}

}  // namespace

void to_normal_form(AlignedText& text, NormalForm form) {
  const auto beyond_ascii = [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; };
  if (std::none_of(text.text().begin(), text.text().end(), beyond_ascii)) return;
  const std::string old = text.text();
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  Rewriter out(text);
  while (!out.done()) {
    const auto found = std::find_if(old.begin() + out.position(), old.end(), beyond_ascii);
    const auto high = static_cast<size_t>(found - old.begin());
    const size_t begin = high > out.position() ? high - 1 : high;  // with the character before
    if (high == old.size()) break;
    const size_t end = stretch_end(old, high);
    out.keep_until(static_cast<uint32_t>(begin));
    auto steps = decomposed(std::string_view(old).substr(begin, end - begin), compatible);
    if (form == NormalForm::nfc || form == NormalForm::nfkc) compose(steps);
    for (const Step& step : steps) {
      if (step.inserted > 0) {
        out.insert(step.c);
        continue;
      }
      out.replace(step.c);
      for (int i = 0; i > step.inserted; --i) out.drop();
    }
  }
}

}  // namespace assay::text
