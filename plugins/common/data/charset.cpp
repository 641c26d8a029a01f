#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/text_source.hpp"

#include <algorithm>
#include <cerrno>
#include <iconv.h>

namespace assay::data {
namespace {
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x | 0x20 : x) == y; });
}

std::string convert(std::string_view bytes, iconv_t converter) {
  std::string out, piece(4096, '\0');
  char* in = const_cast<char*>(bytes.data());
  size_t left = bytes.size();
  while (true) {
    char* to = piece.data();
    size_t room = piece.size();
    const bool flush = left == 0;
    const size_t status = iconv(converter, flush ? nullptr : &in, &left, &to, &room);
    const int error = errno;
    out.append(piece.data(), piece.size() - room);
    if (flush) return out;
    if (status != static_cast<size_t>(-1) || error == E2BIG) continue;
    out += kReplacement;
    ++in;
    --left;
  }
}

/// UTF-8 with each wrong byte replaced.
std::string repaired(std::string_view bytes) {
  std::string out;
  while (true) {
    const size_t good = valid_utf8(bytes);
    out += bytes.substr(0, good);
    if (good == bytes.size()) return out;
    out += kReplacement;
    bytes.remove_prefix(good + 1);
  }
}
}  // namespace

std::string utf8_of(std::string_view bytes, const std::string& charset) {
  if (same(charset, "utf-8") || same(charset, "utf8")) return repaired(bytes);
  const bool named = !charset.empty() && !same(charset, "us-ascii") && !same(charset, "ascii");
  iconv_t converter = named ? iconv_open("UTF-8", charset.c_str()) : nullptr;
  if (!named || converter == reinterpret_cast<iconv_t>(-1)) {
    if (valid_utf8(bytes) == bytes.size()) return std::string(bytes);
    converter = iconv_open("UTF-8", "WINDOWS-1252");
    if (converter == reinterpret_cast<iconv_t>(-1)) return repaired(bytes);
  }
  std::string out = convert(bytes, converter);
  iconv_close(converter);
  return out;
}

}  // namespace assay::data
