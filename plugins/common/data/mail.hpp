// Mail: headers and text of a message (RFC 5322, MIME).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::data {

struct Mail {
  /// Names in small letters; values unfolded, encoded words (RFC 2047) decoded, in UTF-8.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string
      date;  // of the header Date, "2002-08-22T11:26:25Z"; "" if it has none that is readable
  /// The parts that are text and no attachment, after one another; of alternatives the plain one.
  /// HTML becomes text. Lines end in LF.
  std::string text;
  /// The first header of this name, "" if there is none.
  std::string header(std::string_view name) const;
};

/// A message as it is stored; a first line "From ..." of an mbox is skipped. Bodies in quoted-
/// printable or base64, in any charset that iconv knows; a wrong byte becomes U+FFFD. What has no
/// header at all, or nests parts deeper than 32, is malformed.
Mail read_mail(std::string_view bytes, const std::string& path);

/// Without the lines that begin with ">", the line "... wrote:" above them, and what follows the
/// line "-- " that begins a signature.
std::string without_quotes(std::string_view text);

/// A date of a mail as UTC in ISO 8601; "" if it is none.
std::string iso_date(std::string_view date);

}  // namespace assay::data
