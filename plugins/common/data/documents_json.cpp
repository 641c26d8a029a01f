// Documents from JSON lines, JSON arrays and JSON objects of several lines.
#include "plugins/common/data/document_formats.hpp"
#include "plugins/common/data/json_cursor.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace assay::data {
namespace {

/// A part of a document that a record is searched for: what is left of the path to it.
struct Wanted {
  std::string_view path;
  std::string* to;
  bool* found;
};

class RecordReader {
 public:
  RecordReader(DocumentFile file, const DocumentOptions& options) : file_(file), options_(options) {
    fields_.resize(options.fields.size());
    found_ = std::make_unique<bool[]>(kFirstField + fields_.size());
    const auto want = [&](const std::string& path, std::string& to) {
      if (!path.empty()) wanted_.push_back({path, &to, &found_[wanted_.size()]});
    };
    want(options.text, document_.text);
    want(options.id, document_.id);
    want(options.group, document_.group);
    for (size_t i = 0; i < fields_.size(); ++i) want(options.fields[i], fields_[i]);
  }
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// The record that begins at the cursor. Valid until the next call.
  Document& read(JsonCursor& json) {
    const char first = json.peek();
    const int64_t line = json.line();
    document_.fields.clear();
    document_.text.clear();
    keys_ = 0;
    std::fill_n(found_.get(), kFirstField + fields_.size(), false);
    if (first == '"') {
      json.string(document_.text);
      found_[0] = true;
    } else {
      if (first == '\0' || first == ']') json.skip();  // which says what is missing
      if (first != '{') json.wrong("has a record that is neither an object nor a string");
      search(json, wanted_, true);
    }
    for (size_t i = 0; i < wanted_.size(); ++i) check(i, line);
    if (options_.id.empty()) document_.id = file_.id(line);
    document_.where = file_.where(line);
    return document_;
  }

 private:
  static constexpr size_t kFirstField = 3;

  /// Takes the object at the cursor, and from it what `wanted` names.
  void search(JsonCursor& json, const std::vector<Wanted>& wanted, bool outermost) {
    std::string& key = outermost ? key_ : inner_key_;
    for (json.enter_object(); json.next_key(key);) {
      if (outermost) remember(key);
      const Wanted* here = nullptr;
      std::vector<Wanted> below;
      for (const Wanted& w : wanted) {
        if (w.path == key)
          here = here == nullptr ? &w : here;
        else if (w.path.size() > key.size() && w.path[key.size()] == '.' &&
                 w.path.substr(0, key.size()) == key)
          below.push_back({w.path.substr(key.size() + 1), w.to, w.found});
      }
      if (here != nullptr)
        take(json, wanted, *here);
      else if (!below.empty() && json.peek() == '{')
        search(json, below, false);
      else
        json.skip();
    }
  }

  /// One value, which several parts may want.
  void take(JsonCursor& json, const std::vector<Wanted>& wanted, const Wanted& first) {
    const std::string_view path = first.path;
    if (first.to == &document_.text)
      text(json);
    else
      json.scalar(*first.to, std::string(path));
    for (const Wanted& w : wanted) {
      if (w.path != path) continue;
      if (w.to != first.to) *w.to = *first.to;
      *w.found = true;
    }
  }
  void text(JsonCursor& json) {
    if (json.peek() != '"')
      json.wrong("has something else than a string as \"" + options_.text + "\"");
    json.string(document_.text);
  }

  void check(size_t i, int64_t line) {
    const size_t first_field = wanted_.size() - fields_.size();
    if (i >= first_field) {
      const size_t field = i - first_field;
      if (found_[i]) document_.fields[options_.fields[field]] = std::move(fields_[field]);
      return;
    }
    if (found_[i]) return;
    std::string there;
    for (size_t k = 0; k < std::min<size_t>(keys_, 12); ++k)
      there += (k == 0 ? "" : ", ") + ('"' + keys_seen_[k] + '"');
    malformed_line(file_.text.path(), line,
                   "has a record without \"" + std::string(wanted_[i].path) + "\"; it has " +
                       (there.empty() ? "no keys" : there));
  }
  void remember(const std::string& key) {
    if (keys_ == keys_seen_.size()) {
      if (keys_ >= 12) return;
      keys_seen_.emplace_back();
    }
    keys_seen_[keys_++] = key;
  }

  DocumentFile file_;
  const DocumentOptions& options_;
  Document document_;
  std::vector<std::string> fields_;
  std::vector<Wanted> wanted_;  // text, id and group if they are named, then the fields
  std::unique_ptr<bool[]> found_;
  std::string key_, inner_key_;
  std::vector<std::string> keys_seen_;
  size_t keys_ = 0;
};

/// Whether a file's name says that it is JSON, and not that each line of it is.
bool may_span_lines(std::filesystem::path path) {
  if (path.extension() == ".gz" || path.extension() == ".zst") path = path.stem();
  return path.extension() == ".json";
}
}  // namespace

bool documents_of_json(DocumentFile file, const DocumentOptions& options, const Visit& visit) {
  RecordReader record(file, options);
  if (file.text.first_character() == '[') {
    JsonCursor json(file.text);
    for (json.enter_array(); json.next_element();)
      if (!visit(record.read(json))) return false;
    json.end();
    return true;
  }
  if (may_span_lines(file.text.path())) {
    JsonCursor json(file.text);
    while (json.peek() != '\0') {
      Document& document = record.read(json);
      json.end_of_line();
      if (!visit(document)) return false;
    }
    return true;
  }
  LineReader lines(file.text);
  for (std::string_view line; lines.next(line);) {
    JsonCursor json(line, file.text.path(), lines.number());
    if (json.peek() == '\0') continue;
    Document& document = record.read(json);
    json.end();
    if (!visit(document)) return false;
  }
  return true;
}

}  // namespace assay::data
