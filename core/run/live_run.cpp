#include "core/base/text.hpp"
#include "core/run/live_run.hpp"
#include "core/run/nursery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay {
namespace {

/// The number behind `key` in a /proc file, times `unit`; 0 when there is none.
int64_t proc_number(const std::string& file, const std::string& key, int64_t unit) {
  std::ifstream in(file);
  std::string word;
  for (int64_t n = 0; in >> word;)
    if (word == key && in >> n) return n * unit;
  return 0;
}

/// Bytes of anonymous memory that `pid` has for itself. Pages that it shares with its zygote are
/// not counted; the cheap upper bound comes first, the page walk only when it exceeds `limit`.
int64_t anonymous_memory(pid_t pid, int64_t limit) {
  const std::string proc = "/proc/" + std::to_string(pid);
  const int64_t all = proc_number(proc + "/status", "RssAnon:", 1024) +
                      proc_number(proc + "/status", "VmSwap:", 1024);
  if (all <= limit) return all;
  const std::string rollup = proc + "/smaps_rollup";
  const int64_t own = proc_number(rollup, "Private_Dirty:", 1024) +
                      proc_number(rollup, "Private_Clean:", 1024) +
                      proc_number(rollup, "Swap:", 1024);
  return std::min(all, own);
}

int64_t machine_oom_kills() { return proc_number("/proc/vmstat", "oom_kill", 1); }

std::string method_failure(const std::string& who, assay_status status, const std::string& why) {
  const std::string text = why.empty() ? "it did not say why" : printable(why);
  switch (status) {
    case ASSAY_INVALID_ARGUMENT: return who + " refuses its parameters or inputs: " + text;
    case ASSAY_NOT_FOUND: return who + " did not find what it needs: " + text;
    case ASSAY_UNSUPPORTED: return who + " cannot do this here: " + text;
    case ASSAY_IO: return who + " could not read or write: " + text;
    case ASSAY_OUT_OF_MEMORY: return who + " ran out of memory: " + text;
    case ASSAY_CONTRACT: return who + " breaks the plugin contract: " + text;
    default: return who + " failed: " + text;
  }
}

}  // namespace

LiveRun::LiveRun(const Run& run, Share share, fs::path folder, const ExecuteOptions& options)
    : run_(run),
      share_(std::move(share)),
      options_(options),
      who_(run.plugin + "." + run.method),
      tail_(std::move(folder)),
      start_(Clock::now()),
      oom_kills_(machine_oom_kills()) {}

LiveRun::~LiveRun() {
  if (pidfd_ >= 0) ::close(pidfd_);
}

void LiveRun::started(pid_t pid) {
  pid_ = pid;
  pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  start_ = Clock::now();
  if (reason_ == Reason::user) signal(SIGTERM);
}

double LiveRun::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void LiveRun::signal(int number) const {
  if (pidfd_ >= 0) ::syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0);
}

/// Its whole process group; only while its own pid cannot have been given to another process.
void LiveRun::kill_group() const {
  if (pidfd_ < 0 || ::syscall(SYS_pidfd_send_signal, pidfd_, 0, nullptr, 0) != 0) return;
  ::kill(-pid_, SIGKILL);
  signal(SIGKILL);
}

void LiveRun::stopped() {
  frozen_ = true;
  frozen_since_ = Clock::now();
}

void LiveRun::ask(Reason reason, double grace) {
  if (reason_ != Reason::none) return;
  reason_ = reason;
  kill_at_ = Clock::now() +
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(grace));
  signal(SIGTERM);
}

void LiveRun::interrupt(bool kill) {
  ask(Reason::user, options_.grace);
  if (kill) kill_at_ = Clock::now();
  supervise();
}

void LiveRun::orphan() {
  kill_group();
  if (pidfd_ < 0) return;
  pollfd fd{pidfd_, POLLIN, 0};
  ::poll(&fd, 1, 5000);
}

void LiveRun::supervise() {
  if (!has_started()) return;
  const auto now = Clock::now();
  if (run_.resources.time > 0) {
    const double limit = run_.resources.time, t = seconds();
    const double before = std::min(options_.warning, 0.1 * limit);
    if (!warned_ && t >= limit - before) {
      warned_ = true;
      signal(SIGUSR1);
    }
    if (t >= limit) ask(Reason::timeout, options_.grace);
  }
  if (run_.resources.mem > 0) {
    const int64_t bytes = anonymous_memory(pid_, run_.resources.mem);
    peak_ = std::max(peak_, bytes);
    if (bytes > run_.resources.mem) ask(Reason::memory, options_.memory_grace);
    // Nothing is left to wait for once it takes twice of what it may.
    if (bytes > 2 * run_.resources.mem) kill_at_ = now;
  }
  if (frozen_ && now - frozen_since_ > std::chrono::duration<double>(options_.grace)) {
    if (reason_ == Reason::none) reason_ = Reason::frozen;
    kill_at_ = now;
  }
  if (reason_ != Reason::none && now >= kill_at_) {
    killed_ = true;
    kill_group();
  }
}

/// The kind of a failure and its sentence, when the run itself did not say how it ended.
std::pair<std::string, std::string> LiveRun::failure(int status, bool orphaned) const {
  const std::string ignoring = killed_ ? ", and ignored SIGTERM" : "";
  switch (reason_) {
    case Reason::timeout:
      return {"timeout", fmt::format("{} ran longer than its limit of {}{}", who_,
                                     show_duration(run_.resources.time), ignoring)};
    case Reason::memory:
      return {"oom", fmt::format("{} used {} of memory; its limit is {}", who_,
                                 show_size(static_cast<double>(peak_)),
                                 show_size(static_cast<double>(run_.resources.mem)))};
    case Reason::frozen: return {"crash", who_ + " stopped itself (SIGSTOP) and did not go on"};
    case Reason::user:
      return {"interrupted", who_ + (killed_ ? " was killed before it could stop"
                                             : " was stopped before it was done")};
    case Reason::none: break;
  }
  if (orphaned) return {"node", who_ + " lost the process that had started it"};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && machine_oom_kills() > oom_kills_)
    return {"oom", who_ + " was killed because the machine was out of memory (SIGKILL)"};
  std::string how = who_ + " " + how_it_ended(status);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)
    how += ": a mapped file could not be read or written";
  if (WIFEXITED(status)) how += " before it was done";
  return {"crash", how};
}

RunResult LiveRun::judge(int status, const std::string& note, bool orphaned) {
  const JournalState& said = tail_.poll();
  RunResult result;
  result.wall = seconds();
  result.ending = Ending::failed;
  const bool cancelled = said.ended && said.status == ASSAY_CANCELLED;
  if (said.ended && said.status == ASSAY_OK) {
    result.ending = Ending::complete;
  } else if (said.ended && said.status == ASSAY_DIVERGED) {
    result.ending = Ending::diverged;
    result.message = printable(said.message);
  } else if (said.ended && !cancelled) {
    result.kind = said.status == ASSAY_OUT_OF_MEMORY ? "oom" : "error";
    result.message = method_failure(who_, said.status, said.message);
  } else if (cancelled && reason_ == Reason::none) {
    result.kind = "interrupted";
    result.message = who_ + " was asked to stop from outside (SIGTERM)";
  } else if (!note.empty()) {
    result.kind = "node";
    result.message = who_ + " " + printable(note);
  } else {
    std::tie(result.kind, result.message) = failure(status, orphaned);
  }
  if (result.kind == "interrupted") {
    result.ending = Ending::interrupted;
    result.kind.clear();
  }
  return result;
}

}  // namespace assay
