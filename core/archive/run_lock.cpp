// The lock of a run: flock, which the kernel drops with its last holder; on network file systems
// numbered claim files with a heartbeat.
#include "core/archive/descriptor.hpp"
#include "core/archive/network.hpp"
#include "core/archive/runs_folder.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <sys/file.h>
#include <sys/stat.h>

namespace assay {
namespace {

constexpr time_t kDeadAfter = 300;  // seconds without a sign of life from another machine

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string boot_id() {
  std::string id;
  try {
    id = read_file("/proc/sys/kernel/random/boot_id");
  } catch (const Failure&) {
    return "?";
  }
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

/// "host boot pid\n": who holds a claim.
std::string holder() {
  return host_name() + " " + boot_id() + " " + std::to_string(::getpid()) + "\n";
}

bool uses_claims(const fs::path& folder) {
  const char* choice = std::getenv("ASSAY_LOCK");
  if (choice != nullptr && std::string_view(choice) == "claim") return true;
  return on_network(folder);
}

/// The number of the newest claim file; 0 when there is none.
int64_t newest_claim(const fs::path& folder) {
  int64_t newest = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    int64_t n = 0;
    if (name.starts_with("claim.") &&
        std::from_chars(name.data() + 6, name.data() + name.size(), n).ec == std::errc())
      newest = std::max(newest, n);
  }
  return newest;
}

fs::path claim_file(const fs::path& folder, int64_t n) {
  return folder / ("claim." + std::to_string(n));
}

time_t modified(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mtime : 0;
}

/// Is the process that made claim `n` still there, as far as this machine can tell?
bool alive(const fs::path& folder, int64_t n) {
  std::string text;
  try {
    text = read_file(claim_file(folder, n));
  } catch (const Failure&) {
    return false;
  }
  char host[256] = "", boot[64] = "";
  int pid = 0;
  if (std::sscanf(text.c_str(), "%255s %63s %d", host, boot, &pid) != 3) {
    // Just created and not yet written, or given up (empty on purpose and old).
    return std::time(nullptr) - modified(claim_file(folder, n)) < 10 && text != "free\n";
  }
  if (host_name() == host) return boot_id() == boot && (::kill(pid, 0) == 0 || errno == EPERM);
  const time_t beat = std::max(modified(claim_file(folder, n)), modified(folder / "journal.wal"));
  return std::time(nullptr) - beat < kDeadAfter;
}

Descriptor take_claim(const fs::path& folder) {
  const int64_t newest = newest_claim(folder);
  if (newest > 0 && alive(folder, newest)) return Descriptor();
  // Whoever creates the next number has the run: O_EXCL decides between two that try.
  const fs::path path = claim_file(folder, newest + 1);
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0666));
  if (!fd && errno != EEXIST) throw Failure(why("cannot lock", path));
  if (!fd) return fd;
  const std::string text = holder();
  write_at(fd, text.data(), text.size(), 0, path);
  ::fsync(fd.get());
  if (newest > 0) ::unlink(claim_file(folder, newest).c_str());
  return fd;
}

Descriptor take_flock(const fs::path& folder) {
  const fs::path path = folder / "lock";
  // Not close-on-exec, and inherited by fork: the run's process holds what the zygote opened.
  Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT, 0666));
  if (!fd) throw Failure(why("cannot lock", path));
  // A status query holds the lock for an instant.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
      const std::string text = holder();
      if (::ftruncate(fd.get(), 0) == 0) write_at(fd, text.data(), text.size(), 0, path);
      return fd;
    }
    if (errno != EWOULDBLOCK) throw Failure(why("cannot lock", path));
    const timespec pause{0, 2'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return Descriptor();
}

}  // namespace

std::optional<RunLock> RunLock::take(const fs::path& folder) {
  make_folder(folder);
  Descriptor fd = uses_claims(folder) ? take_claim(folder) : take_flock(folder);
  if (!fd) return std::nullopt;
  return RunLock(fd.release());
}

bool RunLock::held(const fs::path& folder) {
  if (uses_claims(folder)) {
    const int64_t newest = newest_claim(folder);
    return newest > 0 && alive(folder, newest);
  }
  const Descriptor fd(::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

void RunLock::adopt(const fs::path& folder) {
  if (!uses_claims(folder)) return;
  const std::string text = holder();
  const Descriptor fd(
      ::open(claim_file(folder, newest_claim(folder)).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (fd) write_at(fd, text.data(), text.size(), 0, folder / "claim");
}

void RunLock::give_up(const fs::path& folder) {
  if (!uses_claims(folder)) return;
  const Descriptor fd(
      ::open(claim_file(folder, newest_claim(folder)).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (fd) write_at(fd, "free\n", 5, 0, folder / "claim");
}

RunLock::RunLock(RunLock&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
RunLock& RunLock::operator=(RunLock&& o) noexcept {
  std::swap(fd_, o.fd_);
  return *this;
}
RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace assay
