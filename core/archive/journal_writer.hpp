// What the two halves of JournalWriter share.
#pragma once
#include "core/archive/checkpoint_writer.hpp"
#include "core/archive/journal.hpp"
#include "core/archive/journal_file.hpp"
#include "core/archive/name_table.hpp"

#include <atomic>
#include <ctime>
#include <limits>
#include <map>
#include <mutex>

namespace assay {

inline double unix_seconds(clockid_t clock) {
  timespec t;
  ::clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}
inline double wall_seconds() { return unix_seconds(CLOCK_REALTIME); }
/// To the kernel's tick (1 to 10 ms), and a quarter of the time to ask.
inline double coarse_seconds() { return unix_seconds(CLOCK_REALTIME_COARSE); }

struct JournalWriter::Impl {
  Impl(const fs::path& run_folder, const std::string& run_id, int attempt_number);

  void adopt(wire::Definition&& definition);
  void check_name(wire::Kind kind, std::string_view name) const;
  uint32_t define(wire::Kind kind, std::string_view name, std::vector<wire::Column> columns);
  const wire::Definition* find(wire::Kind kind, std::string_view name) const;
  uint32_t id_of(wire::Kind kind, std::string_view name);
  void put_rows(uint32_t id, const std::vector<wire::Column>& known, size_t rows_count,
                const assay_column* columns);
  void resume(uint64_t from, bool amends);
  void decide();
  void forget_layouts();
  void wake();
  void done(const CheckpointMark& mark);
  void sync();
  void beat();
  /// Appends bytes to the spill file of this attempt; returns where they begin.
  uint64_t spill_bytes(const void* data, size_t bytes);

  const fs::path folder;
  const int attempt;
  std::mutex mutex;  // of all below but for save_mutex
  std::unique_ptr<JournalFile> file;
  NameTable metrics;
  std::map<wire::Kind, std::map<std::string, wire::Definition, std::less<>>> definitions;
  uint32_t next_id = 1;
  size_t earlier_marks = 0;  // how many of the writer's marks are of earlier attempts
  uint64_t resumed_at = 0;   // what this attempt continues from
  bool decided = true;       // it asked for a checkpoint, or wrote a result
  double wake_at = 0;
  uint64_t next_file = 1;  // of the next file in spill/
  std::shared_ptr<Descriptor> spill;
  uint64_t spill_file = 0, spill_used = 0;
  std::atomic<uint64_t> synced{0};
  std::mutex save_mutex;  // one save() at a time
  std::unique_ptr<CheckpointWriter> writer;
};

}  // namespace assay
