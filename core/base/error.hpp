// Errors of the host: what is thrown, and how a message about a user's file reads.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace assay {

/// One finding about what the user gave us. Printed as
///   error[E101]: text
///     --> file:line:column
///      |
///   21 | the source line
///      |        ^^^^^
///   help: help
/// Parts that are empty or 0 are left out. A code that starts with W is a warning.
struct Message {
  std::string code, text, file;
  int line = 0, column = 0, width = 1;  // 1-based; column and width count bytes
  std::string source, help;
};
std::string render(const Message& message);
/// All of them, sorted by file and position, at most 20, then how many were left out.
std::string render(std::vector<Message> messages);

/// The user's file, command line, data or plugin is wrong: exit code 2, nothing was written.
class BadInput : public std::runtime_error {
 public:
  explicit BadInput(std::vector<Message> messages);
  BadInput(std::string code, std::string text, std::string help = "");
  const std::vector<Message>& messages() const noexcept { return messages_; }

 private:
  std::vector<Message> messages_;
};

/// Something outside the program failed (a disk, a process); one sentence with the path.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace assay
