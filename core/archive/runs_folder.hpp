// A runs folder: where each run lives, what state it is in, and the lock that keeps it to one
// process.
#pragma once
#include "core/archive/archive.hpp"
#include "core/base/files.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay {

enum class RunState { absent, complete, failed, interrupted, cancelled, running };
std::string to_string(RunState state);

struct RunStatus {
  RunState state = RunState::absent;
  std::string message;     // of a failed run: why
  bool resumable = false;  // has a journal with a checkpoint
  int attempts = 0;
};

/// Holds the run's lock file open and flocked. The lock file is never unlinked. On network file
/// systems: an O_EXCL claim with a heartbeat instead.
class RunLock {
 public:
  /// nullopt when another process has it. The descriptor is inherited by fork and exec: the lock
  /// lasts until the last process that has it closes it or dies.
  static std::optional<RunLock> take(const fs::path& folder);
  /// Does some process hold it?
  static bool held(const fs::path& folder);
  /// In the run's own process, after a fork: the claim names it from now on. Only on network file
  /// systems.
  static void adopt(const fs::path& folder);
  /// The run has ended: its claim is free at once. Only on network file systems.
  static void give_up(const fs::path& folder);
  RunLock(RunLock&&) noexcept;
  RunLock& operator=(RunLock&&) noexcept;
  ~RunLock();
  int fd() const { return fd_; }

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

class StatusIndex;

class RunsFolder {
 public:
  explicit RunsFolder(fs::path root);
  const fs::path& root() const { return root_; }

  /// root/<plugin>/<method>-<12 hex>; extended to the full id when another run has that folder.
  fs::path folder(const std::string& plugin, const std::string& method,
                  const std::string& id) const;
  /// Cheap: from the index in .cache when run.h5 is unchanged (size and mtime), else from run.h5.
  /// The index is saved when the last copy of this object goes. Throws BadInput for a run.h5 that
  /// cannot be read.
  RunStatus status(const fs::path& run_folder) const;
  /// Publishes every run below root (or only `run_folder`) whose process died before its archive
  /// was written. Takes each lock first; skips runs that live. Returns the folders it recovered.
  std::vector<fs::path> recover() const;
  bool recover(const fs::path& run_folder) const;
  /// Folders of runs whose id begins with `prefix` (>= 4 hex digits).
  std::vector<fs::path> find(const std::string& prefix) const;
  std::vector<fs::path> all() const;

 private:
  std::string id_of(const fs::path& run_folder) const;
  bool publish_journal(const fs::path& run_folder) const;

  fs::path root_;
  std::shared_ptr<StatusIndex> index_;
};

}  // namespace assay
