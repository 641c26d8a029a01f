// The journal of a running run: an append-only, memory-mapped file that a SIGKILL cannot damage.
// Format: docs/archive.md. One writer (the run's process), any number of readers.
#pragma once
#include "core/archive/array.hpp"
#include "core/base/files.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Writes journal.wal in a run's folder. All functions may be called from any thread; when one
/// returns, what it wrote survives SIGKILL. They throw Failure ("disk full or failing: PATH: why")
/// and std::invalid_argument for what the ABI forbids (the caller's mistake; nothing is written).
/// To be created in the process that runs the method: it starts a thread when it needs one.
class JournalWriter {
 public:
  /// Opens or continues the journal of `folder`. An attempt > 1 first appends RESUME, which voids
  /// everything after the latest checkpoint (everything, when there is none). An attempt that
  /// writes results without having asked for a checkpoint() starts over: everything is void.
  JournalWriter(const fs::path& folder, const std::string& run_id, int attempt);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void scalar(std::string_view name, int64_t step, double value);
  /// The first call fixes the table's columns, their types and inner shapes.
  void rows(std::string_view table, size_t count, const assay_column* columns);
  /// The first call of a name fixes type and shape.
  void array(std::string_view name, int64_t step, const assay_tensor& tensor);
  void text(std::string_view name, int64_t step, std::string_view text);
  /// Copies `path` into the run's folder; publish() puts it at `artifacts/`.
  void file(std::string_view name, const fs::path& path);
  /// Copies the columns, then returns; a writer thread makes the file durable, then records it.
  /// Checkpoints become durable in the order of their calls. Consecutive calls with one step and
  /// different names are a set: an attempt resumes from a whole set, and a set that waits is
  /// dropped when a newer one has all its names. Old files go when a newer set is durable.
  void save(std::string_view checkpoint, int64_t step, size_t count, const assay_column* columns);
  /// The file of the run's own latest durable checkpoint `name`, for Checkpoint; nullopt when there
  /// is none. Of an earlier attempt: this one continues from there (from the latest one asked for),
  /// and what it wrote before the call is void.
  std::optional<fs::path> checkpoint(std::string_view name);
  void progress(std::string_view phase, int64_t done, int64_t total, std::string_view note);
  void event(std::string_view kind, std::string_view text);
  /// Waits for the writer thread, appends END, makes the journal durable.
  void end(assay_status status, std::string_view message);
  /// Waits until every checkpoint given to save() is durable and recorded.
  void flush_checkpoints();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What a live run says of itself, read from the end of its journal.
struct JournalState {
  int attempt = 0;
  std::string phase, note;
  int64_t done = 0, total = 0;
  bool ended = false;
  assay_status status = 0;
  std::string message;
  int64_t last_checkpoint = -1;  // its step, of any name
};

/// Follows a journal as it grows: each poll() reads only what is new. Never locks, never throws for
/// a journal that is missing or torn.
class JournalTail {
 public:
  explicit JournalTail(fs::path folder);
  ~JournalTail();
  JournalTail(JournalTail&&) noexcept;
  const JournalState& poll();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay
