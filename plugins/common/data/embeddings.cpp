#include "plugins/common/data/embeddings.hpp"
#include "plugins/common/data/json_cursor.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace assay::data {
namespace {
constexpr size_t kMostDimensions = 1 << 16;

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

bool blank(char c) { return c == ' ' || c == '\t'; }

/// Takes the last part of a line.
std::string_view take_last(std::string_view& line) {
  while (!line.empty() && blank(line.back())) line.remove_suffix(1);
  size_t begin = line.size();
  while (begin > 0 && !blank(line[begin - 1])) --begin;
  const std::string_view part = line.substr(begin);
  line.remove_suffix(part.size());
  return part;
}

size_t count_parts(std::string_view line) {
  size_t n = 0;
  while (!take_last(line).empty()) ++n;
  return n;
}

/// Whether a text begins as a JSON object does, and not with the word "{" of a vector.
bool is_object(std::string_view text) {
  if (!text.starts_with('{')) return false;
  const size_t next = text.find_first_not_of(" \t\r\n", 1);
  return next == std::string_view::npos || text[next] == '"' || text[next] == '}';
}

void read_text(TextSource& source, Embeddings& out) {
  LineReader lines(source);
  size_t d = 0;
  std::vector<float> row;
  for (std::string_view line; lines.next(line);) {
    const auto wrong = [&](const std::string& what) {
      malformed_line(source.path(), lines.number(), what);
    };
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (d == 0) {
      std::string_view rest = line;
      const auto second = number<uint32_t>(take_last(rest)),
                 first = number<uint32_t>(take_last(rest));
      const bool header = first && second && take_last(rest).empty();
      d = header ? *second : count_parts(line) - 1;
      if (d == 0 || d > kMostDimensions)
        wrong("has vectors of " + std::to_string(d) + " dimensions; 1 to " +
              std::to_string(kMostDimensions) + " are possible");
      row.resize(d);
      if (header) continue;
    }
    for (size_t i = d; i-- > 0;) {
      const std::string_view part = take_last(line);
      const auto value = number<float>(part);
      if (!value || !std::isfinite(*value))
        wrong("has \"" + std::string(part.substr(0, 40)) + "\" where the vector of " +
              std::to_string(d) + " dimensions has number " + std::to_string(i + 1));
      row[i] = *value;
    }
    while (!line.empty() && blank(line.back())) line.remove_suffix(1);
    if (line.empty()) wrong("has no word before its " + std::to_string(d) + " numbers");
    out.dimensions = static_cast<int64_t>(d);
    out.add(std::string(line), row);
  }
}

class JsonReader {
 public:
  JsonReader(TextSource& source, Embeddings& out) : json_(source), out_(out) {}

  void read() {
    std::string key;
    for (json_.enter_object(); json_.next_key(key);) {
      const char first = json_.peek();
      if (key == "vectors" && first == '{') {
        std::string source = std::move(out_.source);
        out_ = Embeddings();
        out_.source = std::move(source);
        nested_ = true;
        for (json_.enter_object(); json_.next_key(key);) vector(key);
      } else if (key == "dimensions" && first != '[') {
        dimensions(json_.number());
      } else if (first == '[' && !nested_) {
        top_level(key);
      } else {
        if (!nested_) other_ = key;
        json_.skip();
      }
    }
    json_.end();
    if (!nested_ && other_)
      malformed(out_.source, "has \"" + *other_ +
                                 "\", which is no list of numbers, and no object "
                                 "\"vectors\"");
    cut();
  }

 private:
  void vector(const std::string& word) {
    json_.enter_array();
    while (json_.next_element()) take();
    finish(word);
  }
  /// A list outside of "vectors", such as a word's vector or the list of words.
  void top_level(const std::string& key) {
    json_.enter_array();
    if (!json_.next_element()) return finish(key);
    if (const char c = json_.peek(); c != '-' && (c < '0' || c > '9')) {
      other_ = key;
      do json_.skip();
      while (json_.next_element());
      return;
    }
    do take();
    while (json_.next_element());
    finish(key);
  }
  void take() {
    if (row_.size() == kMostDimensions)
      json_.wrong("has a vector of more than " + std::to_string(kMostDimensions) + " dimensions");
    const auto value = static_cast<float>(json_.number());
    if (!std::isfinite(value)) json_.wrong("has a number that is too large for float32");
    row_.push_back(value);
  }
  void finish(const std::string& word) {
    if (row_.empty()) json_.wrong("has an empty vector for \"" + word + "\"");
    if (out_.words.empty()) out_.dimensions = static_cast<int64_t>(row_.size());
    if (static_cast<int64_t>(row_.size()) != out_.dimensions)
      json_.wrong("has a vector of " + std::to_string(row_.size()) + " numbers for \"" + word +
                  "\"; the first has " + std::to_string(out_.dimensions));
    out_.add(word, row_);
    row_.clear();
  }
  void dimensions(double stated) {
    if (!(stated >= 1 && stated <= static_cast<double>(kMostDimensions)) ||
        stated != std::floor(stated))
      json_.wrong("has a number of dimensions that is no whole number from 1 to " +
                  std::to_string(kMostDimensions));
    dimensions_ = static_cast<int64_t>(stated);
  }
  /// Keeps the first numbers of each row, as many as "dimensions" says.
  void cut() {
    if (!dimensions_ || out_.words.empty() || *dimensions_ == out_.dimensions) return;
    if (*dimensions_ > out_.dimensions)
      malformed(out_.source, "says that vectors have " + std::to_string(*dimensions_) +
                                 " dimensions; they have " + std::to_string(out_.dimensions));
    const auto from = static_cast<size_t>(out_.dimensions), to = static_cast<size_t>(*dimensions_);
    for (size_t i = 0; i < out_.words.size(); ++i)
      std::copy_n(out_.values.data() + i * from, to, out_.values.data() + i * to);
    out_.values.resize(out_.words.size() * to);
    out_.dimensions = *dimensions_;
  }

  JsonCursor json_;
  Embeddings& out_;
  std::vector<float> row_;
  std::optional<int64_t> dimensions_;
  std::optional<std::string> other_;
  bool nested_ = false;  // "vectors" was there
};
}  // namespace

int64_t Embeddings::find(std::string_view word) const {
  const auto at = rows_.find(word);
  return at == rows_.end() ? -1 : at->second;
}

void Embeddings::add(const std::string& word, std::span<const float> row) {
  if (!rows_.try_emplace(word, static_cast<int64_t>(words.size())).second) return;
  words.push_back(word);
  values.insert(values.end(), row.begin(), row.end());
}

Embeddings read_embeddings(const std::string& path) {
  TextSource source(path);
  return read_embeddings(source);
}

Embeddings read_embeddings(TextSource& source) {
  Embeddings out;
  out.source = source.path();
  if (is_object(source.beginning()))
    JsonReader(source, out).read();
  else
    read_text(source, out);
  if (out.words.empty()) malformed(source.path(), "holds no vectors");
  return out;
}

}  // namespace assay::data
