// JSON messages between the front process and a zygote, over a stream socket; a message may carry
// one file descriptor.
#pragma once
#include "core/base/json.hpp"

#include <deque>
#include <optional>
#include <string>

namespace assay {

/// One end of the connection. A frame is its length (4 bytes, little-endian) and JSON text.
class Wire {
 public:
  static constexpr size_t kLargest = 64 << 20;

  explicit Wire(int fd) : fd_(fd) {}
  Wire(Wire&& other) noexcept;
  Wire& operator=(Wire&&) = delete;
  ~Wire();
  int fd() const { return fd_; }

  /// Blocks until the other side has room, at most 10 s. Throws Failure when it is gone or stuck.
  void send(const Json& message, int pass_fd = -1);

  /// Reads what has arrived, without blocking. False when the other side has closed, or has sent
  /// something that is no frame: the connection is over then.
  bool fill();
  /// The next whole message, if there is one.
  std::optional<Json> next();
  /// The next descriptor that came with a message; -1 when none did. The caller closes it.
  int take_fd();

 private:
  int fd_;
  std::string buffer_;
  std::deque<int> fds_;
  bool broken_ = false;
};

}  // namespace assay
