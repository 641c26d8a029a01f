#include "core/base/error.hpp"
#include "core/run/child.hpp"
#include "core/run/descriptor.hpp"
#include "core/run/host_table.hpp"
#include "core/run/loader.hpp"
#include "core/run/wire.hpp"
#include "core/run/zygote.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <map>
#include <new>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay {
namespace {

int count_tasks() {
  std::error_code error;
  int n = 0;
  for (const auto& task : fs::directory_iterator("/proc/self/task", error))
    n += !task.path().empty();
  return n;
}

class Zygote {
 public:
  Zygote(fs::path library, int fd) : library_(std::move(library)), wire_(fd) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  void load() {
    try {
      plugin_.descriptor = load_plugin(library_, host_table());
      plugin_.schema = read_descriptor(plugin_.descriptor, library_.stem().string());
    } catch (const std::exception& e) {
      wire_.send({{"event", "broken"}, {"text", e.what()}});
      ::_exit(1);
    }
  }

  void serve() {
    wire_.send({{"event", "ready"}, {"tasks", count_tasks()}});
    while (true) {
      std::array<pollfd, 2> fds{{{wire_.fd(), POLLIN, 0}, {signals_, POLLIN, 0}}};
      if (::poll(fds.data(), fds.size(), -1) < 0) continue;
      if (fds[1].revents) reap();
      if (!fds[0].revents) continue;
      const bool open = wire_.fill();
      while (const auto message = wire_.next()) start(*message);
      if (!open) return;
    }
  }

  /// The front process is gone: its runs save what they can, and their locks are given up.
  void wind_up() {
    using Clock = std::chrono::steady_clock;
    orphaned_ = true;
    for (const auto& [pid, run] : runs_) ::kill(pid, SIGTERM);
    for (const auto& [pid, run] : runs_) ::kill(pid, SIGCONT);
    const auto deadline = Clock::now() + std::chrono::seconds(10);
    while (!runs_.empty()) {
      pollfd fd{signals_, POLLIN, 0};
      ::poll(&fd, 1, 200);
      reap();
      if (Clock::now() > deadline)
        for (const auto& [pid, run] : runs_) ::kill(-pid, SIGKILL);
    }
  }

 private:
  struct Forked {
    uint64_t token = 0;
    int lock = -1;
    SharedPage* page = nullptr;
  };

  void start(const Json& message) {
    Forked run;
    run.token = message.at("token");
    if (message.at("locked")) run.lock = wire_.take_fd();
    const Order order = order_from_json(message.at("order"));
    void* memory = ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) run.page = new (memory) SharedPage;
    const pid_t parent = ::getpid();
    std::fflush(nullptr);
    const pid_t pid = run.page ? ::fork() : -1;
    if (pid == 0) {
      ::setpgid(0, 0);
      ::close(wire_.fd());
      ::close(signals_);
      run_child(order, plugin_.descriptor ? &plugin_ : nullptr, library_, parent, *run.page);
    }
    if (pid < 0) {
      const std::string why = std::strerror(errno);
      wire_.send({{"event", "exited"},
                  {"token", run.token},
                  {"status", 0},
                  {"cpu", 0.0},
                  {"rss", 0},
                  {"note", "could not begin: no process could be started: " + why}});
      release(run);
      return;
    }
    ::setpgid(pid, pid);
    runs_[pid] = run;
    wire_.send({{"event", "started"}, {"token", run.token}, {"pid", pid}});
    run.page->go = 1;
    ::syscall(SYS_futex, &run.page->go, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }

  /// Reports every child that has ended or stopped. What a run has left in its process group is
  /// killed while the run's own pid is still reserved.
  void reap() {
    std::array<signalfd_siginfo, 16> ignored;
    while (::read(signals_, ignored.data(), sizeof ignored) > 0) {
    }
    siginfo_t about{};
    while (::waitid(P_ALL, 0, &about, WSTOPPED | WNOHANG) == 0 && about.si_pid) {
      report("stopped", about.si_pid, {});
      about.si_pid = 0;
    }
    while (::waitid(P_ALL, 0, &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid) {
      const pid_t pid = about.si_pid;
      about.si_pid = 0;
      if (runs_.contains(pid)) ::kill(-pid, SIGKILL);
      int status = 0;
      rusage used{};
      if (::wait4(pid, &status, 0, &used) != pid || !runs_.contains(pid)) continue;
      const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
      };
      Forked run = runs_[pid];
      report("exited", pid,
             {{"status", status},
              {"cpu", seconds(used.ru_utime) + seconds(used.ru_stime)},
              {"rss", static_cast<int64_t>(used.ru_maxrss) * 1024},
              {"note",
               std::string(run.page->note, ::strnlen(run.page->note, sizeof run.page->note))}});
      runs_.erase(pid);
      release(run);
    }
  }

  void report(const char* event, pid_t pid, Json about) {
    const auto run = runs_.find(pid);
    if (orphaned_ || run == runs_.end()) return;
    about["event"] = event;
    about["token"] = run->second.token;
    try {
      wire_.send(about);
    } catch (const Failure&) {
      // The front process is gone; the next fill() says so.
    }
  }

  /// While the front process lives, it decides when the run is unlocked.
  void release(const Forked& run) const {
    if (run.page) ::munmap(run.page, sizeof *run.page);
    if (run.lock < 0) return;
    if (orphaned_) ::flock(run.lock, LOCK_UN);
    ::close(run.lock);
  }

  fs::path library_;
  Wire wire_;
  int signals_ = -1;
  bool orphaned_ = false;
  LoadedPlugin plugin_;
  std::map<pid_t, Forked> runs_;
};

int serve(const std::vector<std::string>& arguments, bool preload) {
  const int fd = ::fcntl(3, F_DUPFD_CLOEXEC, 100);
  if (fd < 0 || arguments.empty()) return 2;
  ::close(3);
  ::signal(SIGPIPE, SIG_IGN);
  Zygote zygote(arguments[0], fd);
  if (preload) zygote.load();
  try {
    zygote.serve();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  zygote.wind_up();
  ::_exit(0);
}

}  // namespace

int zygote_main(const std::vector<std::string>& arguments) { return serve(arguments, true); }
int worker_main(const std::vector<std::string>& arguments) { return serve(arguments, false); }

}  // namespace assay
