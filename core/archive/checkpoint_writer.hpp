// The one background thread of a run: makes checkpoints durable in order, syncs the journal.
#pragma once
#include "core/archive/checkpoint.hpp"
#include "core/archive/journal_reader.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace assay {

class CheckpointWriter {
 public:
  struct Hooks {
    /// Records that a checkpoint is durable; called in the thread.
    std::function<void(const CheckpointMark&)> done;
    /// Every 30 s, and after each checkpoint: makes the journal durable.
    std::function<void()> sync;
    /// Every 10 s: shows that the process lives. May be empty.
    std::function<void()> beat;
  };
  /// `existing`: the checkpoints of earlier attempts that count.
  CheckpointWriter(fs::path folder, Hooks hooks, std::vector<CheckpointMark> existing);
  /// Finishes what was given to submit().
  ~CheckpointWriter();

  void start();  // the thread; harmless when it runs
  /// A buffer to lay the next checkpoint into, or null.
  std::shared_ptr<CheckpointBuffer> take_spare();
  /// Gives a checkpoint whose BEGIN is recorded; then the caller lets `buffer` copy().
  void submit(CheckpointMark mark, std::shared_ptr<CheckpointBuffer> buffer);
  /// Waits until nothing is queued. Throws the Failure of a checkpoint that could not be written.
  void flush();
  void rethrow();  // that Failure, if there is one
  /// Every checkpoint known, in order; durable ones have files.
  std::vector<CheckpointMark> marks() const;

 private:
  struct Job {
    size_t mark;  // index into marks_
    std::shared_ptr<CheckpointBuffer> buffer;
  };
  void loop();
  void write_one(std::unique_lock<std::mutex>& lock);
  void coalesce();
  void prune(std::unique_lock<std::mutex>& lock);

  const fs::path folder_;
  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::vector<CheckpointMark> marks_;
  std::deque<Job> queue_;
  bool busy_ = false, stop_ = false;
  std::string failure_;
  std::shared_ptr<CheckpointBuffer> spare_;
  std::vector<size_t> on_disk_;  // indices of marks whose files exist
  std::thread thread_;
};

}  // namespace assay
