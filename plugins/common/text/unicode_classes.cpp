#include "plugins/common/text/unicode.hpp"
#include "plugins/common/text/unicode_classes.hpp"

#include <map>
#include <memory>
#include <utf8proc.h>

namespace assay::text {

namespace {

/// Other_Alphabetic that is no mark: circled, squared and negative letters; and Join_Control.
bool is_word_by_list(char32_t c) {
  return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) ||
         (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189) || c == 0x200C ||
         c == 0x200D;
}

uint8_t flags_of(char32_t c) {
  const uint8_t listed = static_cast<uint8_t>((is_white_space(c) ? kSpace : 0) |
                                              (is_word_by_list(c) ? kWordCharacter : 0));
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return listed | kLetter | kWordCharacter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: return listed | kNumber | kWordCharacter;
    case UTF8PROC_CATEGORY_NO: return listed | kNumber;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return listed | kMark | kWordCharacter;
    case UTF8PROC_CATEGORY_PC: return listed | kPunctuation | kWordCharacter;
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return listed | kPunctuation;
    default: return listed;
  }
}

std::unique_ptr<const UnicodeClasses> make_classes() {
  auto classes = std::make_unique<UnicodeClasses>();
  std::map<std::array<uint8_t, 256>, uint8_t> seen;
  classes->flags.fill({});
  for (char32_t block = 0; block < classes->block.size(); ++block) {
    std::array<uint8_t, 256> flags{};
    const bool nothing_there = block >= 0x400 && block != 0xE00 && block != 0xE01;
    for (char32_t c = 0; c < 256 && !nothing_there; ++c) flags[c] = flags_of(block << 8 | c);
    const auto [found, added] = seen.emplace(flags, static_cast<uint8_t>(seen.size()));
    classes->block[block] = found->second;
    if (added) classes->flags[found->second] = flags;
  }
  return classes;
}

}  // namespace

const UnicodeClasses& unicode_classes() {
  static const std::unique_ptr<const UnicodeClasses> classes = make_classes();
  return *classes;
}

}  // namespace assay::text
