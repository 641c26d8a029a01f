// What is wrong with the user's files, collected so that everything is reported at once.
#pragma once
#include "core/base/error.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// A file (or an override on the command line) that places point into.
struct SourceText {
  std::string name;
  std::vector<std::string> lines;
};

/// Where something stands: line and column are 1-based, column and width count bytes; line 0 means
/// the text as a whole.
struct Place {
  std::shared_ptr<const SourceText> text;
  int line = 0, column = 0, width = 1;
  bool before(const Place& other) const;
};

Message message_at(std::string code, std::string what, const Place& place, std::string help = "");

/// The place of `part`, at `offset` inside the string value `value` that stands at `place`; the
/// whole value when escapes hide where that is.
Place inside(const Place& place, std::string_view value, size_t offset, size_t width);

class Findings {
 public:
  void error(std::string code, std::string what, const Place& place, std::string help = "");
  void warn(std::string code, std::string what, const Place& place, std::string help = "");
  void add(const std::vector<Message>& messages);
  size_t errors() const { return errors_.size(); }
  /// Throws BadInput with all errors in the order of their places; nothing when there are none.
  void raise() const;
  std::vector<Message> warnings() const;

 private:
  std::vector<Message> errors_, warnings_;
};

}  // namespace assay
