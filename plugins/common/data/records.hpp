// Structured sets: JSON objects that a caller takes apart, with messages that say where.
#pragma once
#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assay::data {

/// One object of a file of JSON lines or of a JSON array. A getter that does not find what it is
/// asked for throws std::invalid_argument with file, line and key. A key "a.b" is that key, or b
/// within a.
class Record {
 public:
  Record(nlohmann::json object, std::string path, int64_t line)
      : object_(std::move(object)), path_(std::move(path)), line_(line) {}

  bool has(const std::string& key) const { return find(key) != nullptr; }
  std::string string(const std::string& key) const;
  std::string string(const std::string& key, const std::string& otherwise) const;
  std::vector<std::string> strings(const std::string& key) const;  // a list of strings
  double number(const std::string& key) const;
  int64_t integer(const std::string& key) const;  // 3 and 3.0 are integers
  bool boolean(const std::string& key) const;
  std::vector<double> numbers(const std::string& key) const;  // a list of numbers

  /// Throws std::invalid_argument("PATH: line LINE has WHAT as \"KEY\"").
  [[noreturn]] void wrong(const std::string& key, const std::string& what) const;
  const nlohmann::json& json() const { return object_; }
  const std::string& path() const { return path_; }
  int64_t line() const { return line_; }

 private:
  const nlohmann::json* find(const std::string& key) const;
  const nlohmann::json& need(const std::string& key) const;
  nlohmann::json object_;
  std::string path_;
  int64_t line_;
};

/// Calls `visit` with each record of a file in order until it returns false. The file holds JSON
/// lines or one JSON array, whatever its suffix, and may be packed; it is streamed. Empty lines are
/// skipped; a record that is no object is malformed.
void for_each_record(const std::string& path, const std::function<bool(const Record&)>& visit);

/// All records. A file without any is malformed.
std::vector<Record> read_records(const std::string& path);

/// A file that is one JSON value of any kind, such as a log of results.
nlohmann::json read_json(const std::string& path);

}  // namespace assay::data
