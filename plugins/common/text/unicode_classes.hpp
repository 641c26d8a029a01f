// Classes of characters that pre-tokenisers cut at, from utf8proc's tables (its Unicode version).
#pragma once
#include <array>
#include <cstdint>

namespace assay::text {

enum UnicodeClass : uint8_t {
  kLetter = 1,          // \p{L}
  kNumber = 2,          // \p{N}
  kSpace = 4,           // White_Space
  kPunctuation = 8,     // \p{P}
  kWordCharacter = 16,  // \w of UTS 18: Alphabetic, M, Nd, Pc, Join_Control
  kMark = 32,           // \p{M}
};

/// Two levels: blocks of 256 characters, equal ones kept once.
struct UnicodeClasses {
  std::array<uint8_t, 0x1100> block;
  std::array<std::array<uint8_t, 256>, 256> flags;

  uint8_t of(char32_t c) const { return flags[block[c >> 8 & 0x1FFF]][c & 0xFF]; }
};

/// Made when first asked for, in a few milliseconds.
const UnicodeClasses& unicode_classes();

}  // namespace assay::text
