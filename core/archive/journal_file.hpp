// The append-only file under a journal: mapped memory, or one write() a record.
#pragma once
#include "core/archive/wire.hpp"
#include "core/base/files.hpp"

#include <atomic>

namespace assay {

/// Not thread-safe but for tail() and sync(). Throws Failure ("disk full or failing: ...").
class JournalFile {
 public:
  enum class Mode { map, write };
  /// Map on local file systems, write on network ones (by statfs) and with ASSAY_JOURNAL=write.
  static Mode mode_for(const fs::path& folder);

  /// Opens or creates `path`, keeps its first `keep` bytes and drops the rest; keep == 0 starts it
  /// with `header`.
  JournalFile(const fs::path& path, Mode mode, uint64_t keep, const wire::Header& header);
  ~JournalFile();
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  /// Room for a payload of `bytes`; valid until commit().
  std::byte* reserve(size_t bytes) {
    reserved_ = bytes;
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    // The 8 bytes behind the record stay inside the window: they are the length that says "end".
    if (tail + wire::record_bytes(bytes) + 8 > ready_end_) make_room(bytes);
    return at(tail) + wire::kPrefixBytes;
  }
  /// Makes the reserved record part of the journal: from then on SIGKILL cannot lose it. Returns
  /// its offset.
  uint64_t commit(wire::Type type, uint16_t flags = 0);

  /// Appends a row of a metric: reserve(28), the fields, commit(kScalar), in one step.
  void scalar(uint32_t id, int64_t step, double time, double value);

  uint64_t tail() const { return tail_.load(std::memory_order_acquire); }
  Mode mode() const { return mode_; }
  void sync();  // fdatasync

 private:
  std::byte* at(uint64_t offset) { return window_ + (offset - window_begin_); }
  void make_room(size_t bytes);
  void map_from(uint64_t offset);
  void unmap();
  void write_out(std::byte* record, size_t total);
  [[noreturn]] void fail();
  [[noreturn]] void fail(int error);

  fs::path path_;
  Mode mode_;
  int fd_ = -1;
  int slot_ = -1;  // of the SIGBUS guard
  uint64_t size_ = 0, segment_ = 0;
  std::byte* window_ = nullptr;  // maps, or buffers, [window_begin_, window_end_) of the file
  uint64_t window_begin_ = 0, window_end_ = 0;
  uint64_t ready_end_ = 0;  // up to where the window may be written without a look
  std::vector<std::byte> buffer_;
  size_t reserved_ = 0;
  std::atomic<uint64_t> tail_{0};
};

}  // namespace assay
