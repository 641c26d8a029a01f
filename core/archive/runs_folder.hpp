// A runs folder: where each run lives, what state it is in, and the lock that keeps it to one
// process.
#pragma once
#include "core/archive/archive.hpp"
#include "core/base/files.hpp"

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
  /// False when another process has it.
  static std::optional<RunLock> take(const fs::path& folder);
  RunLock(RunLock&&) noexcept;
  RunLock& operator=(RunLock&&) noexcept;
  ~RunLock();
  int fd() const { return fd_; }

 private:
  explicit RunLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

class RunsFolder {
 public:
  explicit RunsFolder(fs::path root) : root_(std::move(root)) {}
  const fs::path& root() const { return root_; }

  /// root/<plugin>/<method>-<12 hex>; extended to the full id when another run has that folder.
  fs::path folder(const std::string& plugin, const std::string& method,
                  const std::string& id) const;
  /// Cheap: from the index in .cache when run.h5 is unchanged (size and mtime), else from run.h5.
  RunStatus status(const fs::path& run_folder) const;
  /// Publishes every run below root (or only `run_folder`) whose process died before its archive
  /// was written. Takes each lock first; skips runs that live. Returns the folders it recovered.
  std::vector<fs::path> recover() const;
  bool recover(const fs::path& run_folder) const;
  /// Folders of runs whose id begins with `prefix` (>= 4 hex digits).
  std::vector<fs::path> find(const std::string& prefix) const;
  std::vector<fs::path> all() const;

 private:
  fs::path root_;
};

}  // namespace assay
