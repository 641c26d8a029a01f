#include "core/base/error.hpp"
#include "core/base/files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace assay {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

void sync_path(const fs::path& path, int flags) {
  const Descriptor d(::open(path.c_str(), flags | O_CLOEXEC));
  // A folder on some network file systems cannot be synced; its entries are then already durable.
  if (d.fd < 0 || (::fsync(d.fd) != 0 && errno != EINVAL)) throw Failure(why("cannot sync", path));
}

}  // namespace

std::string why(const std::string& what, const fs::path& path) {
  return what + " " + path.string() + ": " + std::strerror(errno);
}

std::string read_file(const fs::path& path) {
  const Descriptor d(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (d.fd < 0) throw Failure(why("cannot read", path));
  std::string content;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(d.fd, buffer, sizeof buffer);
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Failure(why("cannot read", path));
    content.append(buffer, static_cast<size_t>(n));
  }
}

void publish_file(const fs::path& from, const fs::path& to) {
  sync_path(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0) throw Failure(why("cannot write", to));
  sync_path(to.has_parent_path() ? to.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
}

void write_file(const fs::path& path, std::string_view content) {
  const fs::path temporary = path.string() + ".tmp" + std::to_string(::getpid());
  try {
    {
      const Descriptor d(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
      if (d.fd < 0) throw Failure(why("cannot write", path));
      while (!content.empty()) {
        const ssize_t n = ::write(d.fd, content.data(), content.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw Failure(why("cannot write", path));
        content.remove_prefix(static_cast<size_t>(n));
      }
    }
    publish_file(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error && !fs::is_directory(path))
    throw Failure("cannot create the folder " + path.string() + ": " + error.message());
}

}  // namespace assay
