#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "core/base/text.hpp"
#include "core/run/nursery.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ;

namespace assay {
namespace {

/// Our environment, with one thread for the libraries that read these variables when they are
/// loaded: a process with threads cannot be forked safely.
std::vector<std::string> environment(
    const std::vector<std::pair<std::string, std::string>>& extra) {
  std::map<std::string, std::string> env;
  for (char** e = environ; *e; ++e) {
    const std::string entry = *e;
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  for (const auto& [key, value] : extra) env[key] = value;
  for (const char* key : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    env[key] = "1";
  std::vector<std::string> out;
  for (const auto& [key, value] : env) out.push_back(key + "=" + value);
  return out;
}

pid_t spawn(const std::vector<std::string>& words, int log, int wire,
            const std::vector<std::pair<std::string, std::string>>& extra) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, log, 1);
  posix_spawn_file_actions_adddup2(&actions, log, 2);
  posix_spawn_file_actions_adddup2(&actions, wire, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  // Its own process group: the terminal's Ctrl-C reaches the front process alone.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  auto argv = words;
  auto env = environment(extra);
  std::vector<char*> args, vars;
  for (auto& a : argv) args.push_back(a.data());
  for (auto& v : env) vars.push_back(v.data());
  args.push_back(nullptr);
  vars.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, args.data(), vars.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed) throw Failure(std::string("cannot start a process: ") + std::strerror(failed));
  return pid;
}

}  // namespace

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* verb = signal == SIGKILL || signal == SIGTERM ? "was killed"
                       : signal == SIGABRT                    ? "aborted"
                                                              : "crashed";
    return fmt::format("{} ({})", verb, signal_name(signal));
  }
  return fmt::format("left with exit({})", WEXITSTATUS(status));
}

Nursery::Nursery(const fs::path& library, bool forks,
                 const std::vector<std::pair<std::string, std::string>>& env)
    : forks_(forks) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Failure(std::string("cannot make a socket: ") + std::strerror(errno));
  wire_.emplace(ends[0]);
  // Above 3, so that the dup2 calls of the spawn do not tread on one another.
  const int other = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  ::close(ends[1]);
  const int log = ::memfd_create("assay-zygote", MFD_CLOEXEC);
  log_ = ::fcntl(log, F_DUPFD_CLOEXEC, 10);
  ::close(log);
  try {
    pid_ = spawn({"assay", forks ? "zygote" : "worker", library.string()}, log_, other, env);
  } catch (...) {
    ::close(other);
    ::close(log_);
    throw;
  }
  ::close(other);
}

Nursery::~Nursery() {
  wire_.reset();
  for (int i = 0; i < 200 && !reaped_; ++i) {
    reaped_ = ::waitpid(pid_, &status_, WNOHANG) != 0;
    if (!reaped_) std::this_thread::sleep_for(std::chrono::milliseconds(i < 10 ? 1 : 10));
  }
  if (!reaped_) death();
  ::close(log_);
}

void Nursery::begin(uint64_t token, const Order& order, int lock_fd) {
  wire_->send({{"token", token}, {"order", to_json(order)}, {"locked", lock_fd >= 0}}, lock_fd);
}

std::vector<Json> Nursery::listen() {
  std::vector<Json> out;
  if (!gone_) gone_ = !wire_->fill();
  while (auto message = wire_->next()) out.push_back(std::move(*message));
  return out;
}

void Nursery::kill() const {
  if (!reaped_) ::kill(pid_, SIGKILL);
}

std::string Nursery::death() {
  // The connection broke: whatever it is still doing, nothing can be asked of it any more.
  for (int i = 0; i < 100 && !reaped_; ++i) {
    reaped_ = ::waitpid(pid_, &status_, WNOHANG) != 0;
    if (!reaped_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!reaped_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
  }
  return how_it_ended(status_);
}

std::string Nursery::last_words() const {
  std::array<char, 4096> tail;
  const off_t size = ::lseek(log_, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(tail.size()));
  const ssize_t n = ::pread(log_, tail.data(), tail.size(), from);
  std::string_view text(tail.data(), n > 0 ? static_cast<size_t>(n) : 0);
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t line = text.rfind('\n');
  return printable(line == std::string_view::npos ? text : text.substr(line + 1));
}

}  // namespace assay
