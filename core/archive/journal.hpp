// The journal of a running run: an append-only, memory-mapped file that a SIGKILL cannot damage.
// Format: docs/archive.md. One writer (the run's process), any number of readers.
#pragma once
#include "core/archive/array.hpp"
#include "core/base/files.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Writes journal.wal in a run's folder. All functions may be called from any thread; when one
/// returns, what it wrote survives SIGKILL. They throw Failure ("disk full or failing: PATH").
class JournalWriter {
 public:
  /// Opens or continues the journal of `folder`. An attempt > 1 first appends RESUME, which voids
  /// everything after the latest checkpoint (everything, when there is none).
  JournalWriter(const fs::path& folder, const std::string& run_id, int attempt);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void scalar(const std::string& name, int64_t step, double value);
  void rows(const std::string& table, size_t count, const assay_column* columns);
  void array(const std::string& name, int64_t step, const assay_tensor& tensor);
  void text(const std::string& name, int64_t step, std::string_view text);
  /// Copies `path` into the run's folder `artifacts/`.
  void file(const std::string& name, const fs::path& path);
  /// Copies the columns, then returns; a writer thread makes the file durable, then records it.
  /// A newer checkpoint of a name replaces the older one once it is durable.
  void save(const std::string& checkpoint, int64_t step, size_t count, const assay_column* columns);
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
