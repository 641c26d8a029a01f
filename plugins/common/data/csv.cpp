// A CSV reader that converts row by row, so that a table costs its floats and not its text.
#include "plugins/common/data/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace assay::data {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

template <class T>
std::optional<T> number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Splits the text into rows; `line` is where the row begins.
class Rows {
 public:
  Rows(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;
  }
  /// The next row that is not empty; false at the end.
  bool next(std::vector<std::string>& fields) {
    while (at_ < text_.size()) {
      line = next_line_;
      fields.clear();
      while (field(fields)) {
      }
      if (fields.size() > 1 || !fields[0].empty()) return true;
    }
    return false;
  }
  [[noreturn]] void wrong(const std::string& what) const {
    malformed(path_, "line " + std::to_string(line) + " " + what);
  }
  int64_t line = 1;

 private:
  /// Appends one field; true if another follows on this row.
  bool field(std::vector<std::string>& fields) {
    std::string quoted;
    bool was_quoted = false;
    if (at_ < text_.size() && text_[at_] == '"') {
      quoted = unquote();
      was_quoted = true;
    }
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    const std::string_view plain = trimmed(text_.substr(at_, end - at_));
    if (was_quoted && !plain.empty()) wrong("has text after a closing quote");
    fields.push_back(was_quoted ? std::move(quoted) : std::string(plain));
    at_ = end;
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      return true;
    }
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++next_line_;
    return false;
  }
  std::string unquote() {
    std::string inside;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          return inside;
        }
        ++at_;
      }
      if (text_[at_] == '\n') ++next_line_;
      inside += text_[at_];
    }
    wrong("opens a quote that is never closed");
  }

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
  int64_t next_line_ = 1;
};

bool is_header(const std::vector<std::string>& row) {
  return std::find(row.begin(), row.end(), "label") != row.end() ||
         std::any_of(row.begin(), row.end() - 1,
                     [](const std::string& field) { return !number<double>(field); });
}

std::string shortened(const std::string& text) {
  return '"' + (text.size() <= 40 ? text : text.substr(0, 40) + "...") + '"';
}

/// Rows to columns: what each column is, and the values so far.
class Builder {
 public:
  Builder(ImageSet& set, const Rows& rows) : set_(set), rows_(rows) {}

  void columns(const std::vector<std::string>& row, bool header) {
    names_ = row;
    if (!header) {
      for (size_t i = 0; i < row.size(); ++i) names_[i] = std::to_string(i + 1);
      names_.back() = "label";
    }
    for (const std::string special : {"label", "true_label", "group", "noisy"})
      if (std::count(names_.begin(), names_.end(), special) > 1)
        rows_.wrong("names two columns " + special);
    if (std::find(names_.begin(), names_.end(), "label") == names_.end())
      rows_.wrong("is a header without a column label");
    set_.width = std::count_if(names_.begin(), names_.end(),
                               [](const std::string& name) { return !special_name(name); });
    if (set_.width == 0) rows_.wrong("has no column of features");
  }

  void add(const std::vector<std::string>& row) {
    if (row.size() != names_.size())
      rows_.wrong("has " + std::to_string(row.size()) + " fields; the first row has " +
                  std::to_string(names_.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      if (names_[i] == "label")
        set_.labels.push_back(label(row[i], "label"));
      else if (names_[i] == "true_label")
        set_.true_labels.push_back(label(row[i], "true_label"));
      else if (names_[i] == "group")
        set_.groups.push_back(whole(row[i], "group", INT32_MAX));
      else if (names_[i] == "noisy")
        set_.noisy.push_back(static_cast<uint8_t>(whole(row[i], "noisy", 2)));
      else
        set_.features.push_back(feature(row[i], names_[i]));
    }
    ++set_.count;
  }

  /// Class names in alphabetical order, and the labels renumbered to match.
  void name_classes() {
    if (!named_.value_or(false)) return;
    std::vector<int32_t> rank(classes_.size());
    for (auto& [name, first_seen] : classes_) {
      rank[static_cast<size_t>(first_seen)] = static_cast<int32_t>(set_.class_names.size());
      set_.class_names.push_back(name);
    }
    for (auto* labels : {&set_.labels, &set_.true_labels})
      for (int32_t& label : *labels) label = rank[static_cast<size_t>(label)];
    set_.classes = static_cast<int>(set_.class_names.size());
  }

 private:
  static bool special_name(const std::string& name) {
    return name == "label" || name == "true_label" || name == "group" || name == "noisy";
  }
  int32_t whole(const std::string& text, const std::string& column, int64_t limit) const {
    const auto value = number<int64_t>(text);
    if (!value || *value < 0 || *value >= limit)
      rows_.wrong("has the " + column + " " + shortened(text) +
                  "; it must be a whole number from 0 to " + std::to_string(limit - 1));
    return static_cast<int32_t>(*value);
  }
  int32_t label(const std::string& text, const std::string& column) {
    if (!named_) named_ = !number<double>(text);
    if (!*named_) return whole(text, column, kMaxClasses);
    if (text.empty()) rows_.wrong("has an empty " + column);
    const auto next = static_cast<int32_t>(classes_.size());
    if (next == kMaxClasses) rows_.wrong("brings too many class names");
    return classes_.try_emplace(text, next).first->second;
  }
  float feature(const std::string& text, const std::string& column) const {
    const auto value = number<double>(text);
    const float narrow = value ? static_cast<float>(*value) : 0.0F;
    if (!value || !std::isfinite(narrow))
      rows_.wrong("has " + shortened(text) + " in column " + shortened(column) +
                  "; features are finite numbers");
    return narrow;
  }

  ImageSet& set_;
  const Rows& rows_;
  std::vector<std::string> names_;
  std::optional<bool> named_;
  std::map<std::string, int32_t> classes_;
};
}  // namespace

ImageSet images_from_csv(View bytes, const std::string& path) {
  Rows rows(as_text(bytes), path);
  std::vector<std::string> row;
  if (!rows.next(row)) malformed(path, "is empty");
  ImageSet set;
  set.source = path;
  set.channels = set.height = 1;
  Builder builder(set, rows);
  const bool header = is_header(row);
  builder.columns(row, header);
  if (!header) builder.add(row);
  while (rows.next(row)) builder.add(row);
  builder.name_classes();
  return set;
}

}  // namespace assay::data
