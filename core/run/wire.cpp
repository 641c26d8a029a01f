#include "core/base/error.hpp"
#include "core/run/wire.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace assay {

Wire::Wire(Wire&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      fds_(std::exchange(other.fds_, {})),
      broken_(other.broken_) {}

Wire::~Wire() {
  if (fd_ >= 0) ::close(fd_);
  for (const int fd : fds_) ::close(fd);
}

void Wire::send(const Json& message, int pass_fd) {
  const std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto n = static_cast<uint32_t>(text.size());
  std::string frame(reinterpret_cast<const char*>(&n), sizeof n);
  frame += text;
  std::string_view rest = frame;
  while (!rest.empty()) {
    iovec part{const_cast<char*>(rest.data()), rest.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    if (pass_fd >= 0) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* c = CMSG_FIRSTHDR(&header);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(c), &pass_fd, sizeof pass_fd);
    }
    const ssize_t sent = ::sendmsg(fd_, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      rest.remove_prefix(static_cast<size_t>(sent));
      pass_fd = -1;
    } else if (errno == EAGAIN) {
      pollfd room{fd_, POLLOUT, 0};
      if (::poll(&room, 1, 10'000) == 0) throw Failure("a helper process does not answer");
    } else if (errno != EINTR) {
      throw Failure(std::string("a helper process is gone: ") + std::strerror(errno));
    }
  }
}

bool Wire::fill() {
  while (!broken_) {
    std::array<char, 1 << 16> chunk;
    iovec part{chunk.data(), chunk.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(8 * sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t n = ::recvmsg(fd_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    buffer_.append(chunk.data(), static_cast<size_t>(n));
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
        fds_.push_back(fd);
      }
    }
  }
  return false;
}

std::optional<Json> Wire::next() {
  uint32_t n = 0;
  if (broken_ || buffer_.size() < sizeof n) return std::nullopt;
  std::memcpy(&n, buffer_.data(), sizeof n);
  broken_ = n > kLargest;
  if (broken_ || buffer_.size() - sizeof n < n) return std::nullopt;
  Json message =
      Json::parse(buffer_.begin() + sizeof n, buffer_.begin() + sizeof n + n, nullptr, false);
  buffer_.erase(0, sizeof n + n);
  broken_ = !message.is_object();
  if (broken_) return std::nullopt;
  return message;
}

int Wire::take_fd() {
  if (fds_.empty()) return -1;
  const int fd = fds_.front();
  fds_.pop_front();
  return fd;
}

}  // namespace assay
