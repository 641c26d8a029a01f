// JSON read value by value, so that a file of any size needs no more memory than what is kept.
#pragma once
#include "plugins/common/data/text_source.hpp"

#include <nlohmann/json.hpp>

namespace assay::data {

/// Walks through JSON (RFC 8259) in a string or a stream. The caller looks with `peek` at what
/// comes and then takes it: a container is entered and its parts taken one after another, or all of
/// it is skipped; what is skipped is checked as well. Everything malformed is std::invalid_argument
/// with file and line: NaN, a lone surrogate, more than 512 levels or a string over kLongestRecord,
/// too.
///
///   for (cursor.enter_object(); cursor.next_key(key);)
///     if (key == "text") text = cursor.string(); else cursor.skip();
class JsonCursor {
 public:
  /// One text, valid as long as it is walked through; it begins on the line `line` of `path`.
  JsonCursor(std::string_view text, const std::string& path, int64_t line);
  explicit JsonCursor(TextSource& source);

  /// The first character of the next value: { [ " t f n, or of a number; '\0' at the end.
  char peek();

  void enter_object();
  /// The key of the next member; false at the end of the object, which is then left.
  bool next_key(std::string& key);
  void enter_array();
  /// Whether there is another element; else the array is left.
  bool next_element();

  void string(std::string& out);
  std::string string();
  double number();
  /// A string as it is, a number or true and false as they are written; null is "". What else comes
  /// is malformed: `key` is for the message.
  void scalar(std::string& out, const std::string& key);
  void skip();
  nlohmann::json value();

  /// Malformed unless nothing but white space follows.
  void end();
  /// The same of this line.
  void end_of_line();
  /// Throws std::invalid_argument("PATH: line LINE WHAT").
  [[noreturn]] void wrong(const std::string& what) const;
  int64_t line() const { return line_; }

 private:
  int get();   // the next character, taken; -1 at the end
  int look();  // the next character, not taken; -1 at the end
  int look_past_blanks();
  void expect(char wanted, const char* what);
  void literal(const char* word);
  std::string_view number_text();  // valid until the next character is looked at
  void check_number(std::string_view text);
  double as_double(std::string_view text) const;
  void escape(std::string* out);
  unsigned four_digits();
  void read_string(std::string* out);  // null: skipped
  void open(char bracket);
  bool next_part(char closing);

  TextSource* source_ = nullptr;
  std::string path_;
  std::string_view rest_;
  int64_t line_ = 1;
  struct Container {
    bool object;
    bool begun;  // it has given a part
  };
  std::vector<Container> open_;
  std::string word_;  // the number that is being read
};

}  // namespace assay::data
