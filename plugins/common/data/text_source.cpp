#include "plugins/common/data/text_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iconv.h>
#include <utility>

namespace assay::data {
namespace {
constexpr size_t kPiece = size_t{1} << 17;

/// The length of the character at the beginning of `s`: 0 if there is none, -1 if it is cut off.
int character(const uint8_t* s, size_t n) {
  const uint8_t lead = s[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (int i = 1; i < length; ++i) {
    if (static_cast<size_t>(i) >= n) return -1;
    if (s[i] < (i == 1 ? low : 0x80) || s[i] > (i == 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/// How much of `s` is whole characters; `cut` if what follows is the beginning of one.
size_t whole_characters(const uint8_t* s, size_t n, bool& cut) {
  size_t i = 0;
  cut = false;
  while (i < n) {
    uint64_t eight;
    while (i + 8 <= n && (std::memcpy(&eight, s + i, 8), (eight & 0x8080808080808080U) == 0))
      i += 8;
    if (i == n) break;
    const int length = character(s + i, n - i);
    cut = length < 0;
    if (length <= 0) break;
    i += static_cast<size_t>(length);
  }
  return i;
}
}  // namespace

void malformed_line(const std::string& path, int64_t line, const std::string& what) {
  malformed(path, "line " + std::to_string(line) + " " + what);
}

bool is_utf8(const std::string& encoding) {
  std::string plain;
  for (const char c : encoding)
    if (c != '-' && c != '_') plain += static_cast<char>(c | 0x20);
  return plain == "utf8";
}

size_t valid_utf8(std::string_view text) {
  bool cut = false;
  return whole_characters(reinterpret_cast<const uint8_t*>(text.data()), text.size(), cut);
}

TextSource::TextSource(const std::string& path, const std::string& encoding, bool replace)
    : TextSource(open_bytes(path), path, encoding, replace) {}

TextSource::TextSource(std::unique_ptr<ByteSource> bytes, const std::string& path,
                       const std::string& encoding, bool replace)
    : bytes_(std::move(bytes)),
      path_(path),
      encoding_(encoding),
      replace_(replace),
      buffer_(kPiece) {}

TextSource::~TextSource() {
  if (converter_ != nullptr) iconv_close(converter_);
}

bool TextSource::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(first_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(last_), buffer_.begin());
  last_ -= std::exchange(first_, 0);
  const size_t got = bytes_->read(std::span(buffer_).subspan(last_));
  last_ += got;
  return got > 0;
}

void TextSource::begin() {
  begun_ = true;
  while (last_ < 4 && fill()) {
  }
  struct Mark {
    std::string_view bytes;
    const char* encoding;
  };
  using namespace std::string_view_literals;
  for (const auto& [bytes, encoding] :
       {Mark{"\xEF\xBB\xBF"sv, "utf-8"}, Mark{"\xFF\xFE\0\0"sv, "utf-32le"},
        Mark{"\0\0\xFE\xFF"sv, "utf-32be"}, Mark{"\xFF\xFE"sv, "utf-16le"},
        Mark{"\xFE\xFF"sv, "utf-16be"}})
    if (as_text(View(buffer_).first(last_)).substr(0, bytes.size()) == bytes) {
      first_ = bytes.size();
      offset_ = bytes.size();
      encoding_ = encoding;
      break;
    }
  if (is_utf8(encoding_)) return;
  unit_ = encoding_.starts_with("utf-16") ? 2 : encoding_.starts_with("utf-32") ? 4 : 1;
  converter_ = iconv_open("UTF-8", encoding_.c_str());
  if (converter_ == reinterpret_cast<iconv_t>(-1)) {
    converter_ = nullptr;
    malformed(path_, "is to be read in the encoding \"" + encoding_ +
                         "\", which is not known; `iconv --list` names those that are");
  }
}

std::string_view TextSource::beginning() {
  peeked_ = next();
  return peeked_.substr(std::min(peeked_.find_first_not_of(" \t\r\n"), peeked_.size()));
}

char TextSource::first_character() {
  const std::string_view text = beginning();
  return text.empty() ? '\0' : text.front();
}

std::string_view TextSource::next() {
  if (!peeked_.empty()) return std::exchange(peeked_, {});
  if (!begun_) begin();
  return converter_ == nullptr ? next_utf8() : next_converted();
}

std::string_view TextSource::next_utf8() {
  while (true) {
    bool cut = false;
    const size_t n = whole_characters(buffer_.data() + first_, last_ - first_, cut);
    if (n > 0) {
      const std::string_view piece = as_text(View(buffer_).subspan(first_, n));
      first_ += n;
      offset_ += n;
      line_ += std::count(piece.begin(), piece.end(), '\n');
      return piece;
    }
    if ((first_ < last_ && !cut) || (!fill() && cut)) return invalid();
    if (first_ == last_) return {};
  }
}

std::string_view TextSource::next_converted() {
  converted_.resize(kPiece * 2);
  while (true) {
    char* in = reinterpret_cast<char*>(buffer_.data()) + first_;
    char* out = converted_.data();
    size_t in_left = last_ - first_, out_left = converted_.size();
    const size_t status = iconv(converter_, &in, &in_left, &out, &out_left);
    const int error = errno;
    const std::string_view piece(converted_.data(), converted_.size() - out_left);
    offset_ += last_ - first_ - in_left;
    first_ = last_ - in_left;
    line_ += std::count(piece.begin(), piece.end(), '\n');
    if (!piece.empty()) return piece;
    if (status == static_cast<size_t>(-1) && error == EILSEQ) return invalid();
    if (!fill()) {
      if (first_ < last_) return invalid();
      // Encodings that combine characters may hold the last one back.
      iconv(converter_, nullptr, nullptr, &out, &out_left);
      return {converted_.data(), converted_.size() - out_left};
    }
  }
}

std::string_view TextSource::invalid() {
  if (!replace_)
    malformed_line(path_, line_,
                   "has bytes that are no character in " + encoding_ + ", at byte " +
                       std::to_string(offset_) + " of the file");
  const size_t n = std::min(unit_, last_ - first_);
  first_ += n;
  offset_ += n;
  return "\xEF\xBF\xBD";
}

bool LineReader::next(std::string_view& line) {
  carried_.clear();
  bool any = false;
  while (true) {
    if (piece_.empty() && (piece_ = source_.next()).empty()) break;
    any = true;
    const size_t end = piece_.find('\n');
    const std::string_view part = piece_.substr(0, end);
    if (carried_.size() + part.size() > kLongestRecord)
      malformed_line(path(), number_ + 1,
                     "is longer than " + std::to_string(kLongestRecord) + " bytes");
    if (end == std::string_view::npos) {
      carried_ += part;
      piece_ = {};
      continue;
    }
    piece_.remove_prefix(end + 1);
    if (carried_.empty())
      line = part;
    else
      line = carried_ += part;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return true;
  }
  if (!any) return false;
  line = carried_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  ++number_;
  return true;
}

}  // namespace assay::data
