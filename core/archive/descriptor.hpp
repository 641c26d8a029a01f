// A file descriptor that closes itself, and whole writes through it.
#pragma once
#include "core/base/error.hpp"
#include "core/base/files.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace assay {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

/// Opens `path` for writing, emptied. Throws Failure.
inline Descriptor create_file(const fs::path& path) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) throw Failure(why("cannot write", path));
  return fd;
}

/// All of it at `offset`, or Failure ("disk full or failing: PATH: reason").
inline void write_at(const Descriptor& fd, const void* from, size_t bytes, uint64_t offset,
                     const fs::path& path) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t n = ::pwrite(fd.get(), at, bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) throw Failure(why("disk full or failing:", path));
    at += n;
    offset += static_cast<uint64_t>(n);
    bytes -= static_cast<size_t>(n);
  }
}

/// Up to `bytes`; fewer only at the file's end. Throws Failure.
inline size_t read_at(const Descriptor& fd, void* to, size_t bytes, uint64_t offset,
                      const fs::path& path) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pread(fd.get(), static_cast<char*>(to) + done, bytes - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Failure(why("cannot read", path));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

}  // namespace assay
