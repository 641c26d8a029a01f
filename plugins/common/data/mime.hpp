// MIME's ways to write bytes and text in ASCII.
#pragma once
#include <string>
#include <string_view>

namespace assay::data {

/// What base64 stands for; characters outside its alphabet are skipped, padding ends it.
std::string from_base64(std::string_view text);

/// What quoted-printable stands for (RFC 2045); in a header "_" is a blank as well. A "=" that
/// begins nothing stays.
std::string from_quoted_printable(std::string_view text, bool header = false);

/// A header's value with its encoded words (RFC 2047) decoded, in UTF-8.
std::string decoded_header(std::string_view value);

/// A value with parameters: `text/plain; charset="x"`.
struct MimeValue {
  explicit MimeValue(std::string_view text) : text_(text) {}
  std::string value() const;                      // before the first ";", in small letters
  std::string parameter(std::string_view) const;  // unquoted; "" if it is not there
 private:
  std::string_view text_;
};

std::string small_letters(std::string_view text);
std::string_view without_blanks(std::string_view text);  // at both ends

}  // namespace assay::data
