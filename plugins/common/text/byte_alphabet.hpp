// GPT-2's alphabet for bytes: each of the 256 has a printable character that stands for it.
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace assay::text {

/// '!'..'~', U+A1..U+AC and U+AE..U+FF stand for themselves; the other bytes, in order, for U+0100
/// and on (a space is U+0120).
const std::array<char32_t, 256>& byte_characters();

/// The byte that a character stands for; -1 if for none.
int byte_of_character(char32_t character);

/// Appends the characters of these bytes.
void append_byte_characters(std::string& text, std::string_view bytes);

/// Appends the bytes that a token of such characters stands for; false, and nothing appended, if
/// one of its characters stands for none.
bool append_bytes_of(std::string& bytes, std::string_view token);

}  // namespace assay::text
