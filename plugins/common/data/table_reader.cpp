#include "plugins/common/data/table_reader.hpp"

#include <algorithm>

namespace assay::data {

TableReader::TableReader(TextSource& source, char separator, bool quotes)
    : source_(source),
      separator_(separator),
      quotes_(quotes),
      stops_{separator, '\r', '\n', '\0'} {}

void TableReader::wrong(const std::string& what) const {
  malformed_line(source_.path(), line_, what);
}

int TableReader::look() {
  if (rest_.empty() && (rest_ = source_.next()).empty()) return -1;
  return static_cast<uint8_t>(rest_.front());
}

/// Appends what comes before one of `stops`, or the end of this piece.
size_t TableReader::run(std::string& out, const char* stops) {
  const auto stop = [stops](char c) {
    return c == stops[0] || (stops[0] != '\0' && (c == stops[1] || c == stops[2]));
  };
  const size_t n =
      static_cast<size_t>(std::find_if(rest_.begin(), rest_.end(), stop) - rest_.begin());
  if ((length_ += n) > kLongestRecord)
    wrong("begins a row of more than " + std::to_string(kLongestRecord) + " bytes");
  out.append(rest_.data(), n);
  rest_.remove_prefix(n);
  return n;
}

void TableReader::quoted(std::string& out) {
  rest_.remove_prefix(1);
  while (true) {
    if (look() < 0) wrong("begins a row that opens a quote and never closes it");
    const size_t before = out.size();
    run(out, "\"\"\"");
    next_line_ += std::count(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), '\n');
    if (rest_.empty()) continue;
    rest_.remove_prefix(1);
    if (look() != '"') break;
    rest_.remove_prefix(1);
    out += '"';
  }
  if (const int c = look(); c >= 0 && c != separator_ && c != '\r' && c != '\n')
    wrong("begins a row that has text after a closing quote");
}

void TableReader::plain(std::string& out) {
  while (look() >= 0) {
    run(out, stops_);
    if (!rest_.empty()) return;
  }
}

bool TableReader::field(std::string& out) {
  out.clear();
  if (quotes_ && look() == '"')
    quoted(out);
  else
    plain(out);
  const int c = look();
  if (c < 0) return false;
  rest_.remove_prefix(1);
  if (c == separator_) return true;
  if (c == '\r' && look() == '\n') rest_.remove_prefix(1);
  ++next_line_;
  return false;
}

bool TableReader::next(std::vector<std::string>& fields) {
  while (look() >= 0) {
    line_ = next_line_;
    length_ = 0;
    size_t n = 0;
    bool more = true;
    while (more) {
      if (n == fields.size()) fields.emplace_back();
      more = field(fields[n++]);
    }
    fields.resize(n);
    if (n > 1 || !fields[0].empty()) return true;
  }
  return false;
}

}  // namespace assay::data
