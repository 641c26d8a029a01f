// Properties of characters and their decompositions, from utf8proc's tables.
#pragma once
#include <string>
#include <string_view>

namespace assay::text {

bool is_white_space(char32_t c);  // the property White_Space
bool is_mark(char32_t c);         // general category M
bool is_nonspacing_mark(char32_t c);
/// General categories Cc, Cf and Co (not Cn: what is unassigned here may be assigned elsewhere).
bool is_control(char32_t c);

/// Appends the lower case of one character, whatever stands beside it: two characters for U+0130,
/// else one.
void append_lower(std::string& text, char32_t c);

/// The four normalisation forms of Unicode's annex 15.
enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// The text without the White_Space at its beginning and end.
std::string_view trimmed(std::string_view text);

}  // namespace assay::text
