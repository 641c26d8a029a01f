// Capital letters of 3 by 5 pixels.
#pragma once
#include <cstdint>
#include <string>

namespace assay::data {

/// A letter advances by 4 pixels, a line by 6.
constexpr int32_t kLetterAdvance = 4, kLineAdvance = 6, kLetterWidth = 3, kLetterHeight = 5;

/// Whether the letter (A to Z; anything else is blank) has ink at column x in 0 .. 2, row y in 0 ..
/// 4.
bool letter_ink(char letter, int32_t x, int32_t y);

/// Columns of a word, without the gap after its last letter.
inline int32_t word_width(const std::string& word) {
  return word.empty() ? 0 : static_cast<int32_t>(word.size()) * kLetterAdvance - 1;
}

}  // namespace assay::data
