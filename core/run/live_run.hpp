// One run while its process lives: its limits, and what its end means.
#pragma once
#include "core/archive/journal.hpp"
#include "core/plan/plan.hpp"
#include "core/run/machine.hpp"
#include "core/run/scheduler.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace assay {

class LiveRun {
 public:
  LiveRun(const Run& run, Share share, fs::path folder, const ExecuteOptions& options);
  LiveRun(const LiveRun&) = delete;
  LiveRun& operator=(const LiveRun&) = delete;
  ~LiveRun();

  void started(pid_t pid);
  bool has_started() const { return pid_ > 0; }
  /// Its process was stopped by a signal (SIGSTOP).
  void stopped();
  /// The user wants it to end: first SIGTERM, then SIGKILL.
  void interrupt(bool kill);
  /// The process that reaps it is gone: kills it, and waits until it is.
  void orphan();
  /// Looks at its limits and acts on them.
  void supervise();
  const JournalState& progress() { return tail_.poll(); }
  double seconds() const;
  const Share& share() const { return share_; }

  /// What came of it. `status` is waitpid's; `note` is what it said when it could not begin.
  RunResult judge(int status, const std::string& note, bool orphaned);

 private:
  using Clock = std::chrono::steady_clock;
  enum class Reason { none, timeout, memory, user, frozen };
  void ask(Reason reason, double grace);
  void signal(int number) const;
  void kill_group() const;
  std::pair<std::string, std::string> failure(int status, bool orphaned) const;

  const Run& run_;
  Share share_;
  const ExecuteOptions& options_;
  std::string who_;  // "ssft.learn"
  JournalTail tail_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  Clock::time_point start_, frozen_since_{}, kill_at_{};
  bool warned_ = false, killed_ = false, frozen_ = false;
  Reason reason_ = Reason::none;
  int64_t peak_ = 0;       // bytes of anonymous memory seen
  int64_t oom_kills_ = 0;  // of the whole machine, when it started
};

}  // namespace assay
