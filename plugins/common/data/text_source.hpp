// Text as a stream of checked UTF-8, and its lines.
#pragma once
#include "plugins/common/data/byte_source.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::data {

/// Throws std::invalid_argument("PATH: line LINE WHAT").
[[noreturn]] void malformed_line(const std::string& path, int64_t line, const std::string& what);

/// What a record, such as a line or a file of plain text, may be long: 256 MiB.
inline constexpr size_t kLongestRecord = size_t{1} << 28;

/// A file as UTF-8. A byte-order mark is dropped and says what the file is: UTF-8, UTF-16 or
/// UTF-32; without one it is in `encoding`, any name that iconv(1) knows. Bytes that are no
/// character of it are malformed: the message has the line and the offset among the unpacked bytes.
/// With `replace` each such byte (in UTF-16 and UTF-32: unit) becomes U+FFFD instead.
class TextSource {
 public:
  explicit TextSource(const std::string& path, const std::string& encoding = "utf-8",
                      bool replace = false);
  TextSource(std::unique_ptr<ByteSource> bytes, const std::string& path,
             const std::string& encoding = "utf-8", bool replace = false);
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;
  ~TextSource();

  /// The next piece, which begins and ends between characters and is valid until the next call;
  /// empty at the end.
  std::string_view next();
  /// The first piece from its first character on that is no white space; only before the first call
  /// of next, which then begins with that piece.
  std::string_view beginning();
  /// Its first character, '\0' if there is none.
  char first_character();
  const std::string& path() const { return path_; }

 private:
  bool fill();  // reads behind the bytes that are left over; false at the end
  void begin();
  std::string_view next_utf8();
  std::string_view next_converted();
  std::string_view invalid();  // the byte at first_ is no character

  std::unique_ptr<ByteSource> bytes_;
  std::string path_, encoding_;
  bool replace_;
  size_t unit_ = 1;  // the bytes that are left out where there is no character
  Bytes buffer_;
  size_t first_ = 0, last_ = 0;  // what is in the buffer and not yet given out
  uint64_t offset_ = 0;          // of buffer_[first_] in the source
  int64_t line_ = 1;             // of buffer_[first_]
  bool begun_ = false;
  std::string_view peeked_;
  void* converter_ = nullptr;  // an iconv_t; null for UTF-8
  std::string converted_;
};

/// Whether an encoding's name means UTF-8.
bool is_utf8(const std::string& encoding);

/// The offset of the first byte that is not part of a whole UTF-8 character; the size if there is
/// none. Overlong forms, surrogates and what is beyond U+10FFFF are no characters.
size_t valid_utf8(std::string_view text);

/// The lines of a text, without the LF or CR LF that ends them. A line over kLongestRecord is
/// malformed.
class LineReader {
 public:
  explicit LineReader(TextSource& source) : source_(source) {}
  /// The next line, valid until the next call; false at the end. A text that ends in a line break
  /// has no empty line after it.
  bool next(std::string_view& line);
  /// The number of the line that next gave last, from 1.
  int64_t number() const { return number_; }
  const std::string& path() const { return source_.path(); }

 private:
  TextSource& source_;
  std::string_view piece_;
  std::string carried_;
  int64_t number_ = 0;
};

}  // namespace assay::data
