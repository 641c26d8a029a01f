// Rows of separated values as a stream.
#pragma once
#include "plugins/common/data/text_source.hpp"

#include <vector>

namespace assay::data {

/// Comma-separated values (RFC 4180) or their like: a row a line, which ends in LF, CR LF or CR;
/// with `quotes`, a field that begins with a double quote goes on to the closing one, over
/// separators and line breaks, and holds "" for one quote. Rows that are empty are left out.
class TableReader {
 public:
  TableReader(TextSource& source, char separator, bool quotes);
  /// The next row's fields, as they stand; false at the end. Malformed: a quote that is never
  /// closed, text after a closing quote, a row over kLongestRecord.
  bool next(std::vector<std::string>& fields);
  /// The line on which the row begins that next gave last.
  int64_t line() const { return line_; }
  [[noreturn]] void wrong(const std::string& what) const;

 private:
  int look();
  bool field(std::string& out);  // true if another follows on this row
  void quoted(std::string& out);
  void plain(std::string& out);
  size_t run(std::string& out, const char* stops);

  TextSource& source_;
  std::string_view rest_;
  char separator_;
  bool quotes_;
  int64_t line_ = 1, next_line_ = 1;
  size_t length_ = 0;
  char stops_[4] = {};
};

}  // namespace assay::data
