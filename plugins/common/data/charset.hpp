// Text of any character set as UTF-8, where a wrong byte must not refuse the whole.
#pragma once
#include <string>
#include <string_view>

namespace assay::data {

/// The bytes in `charset`, a name that iconv knows, as UTF-8: what is no character becomes U+FFFD.
/// A charset that is unknown, empty or us-ascii stands for UTF-8, or for windows-1252 where the
/// bytes are no UTF-8.
std::string utf8_of(std::string_view bytes, const std::string& charset);

}  // namespace assay::data
