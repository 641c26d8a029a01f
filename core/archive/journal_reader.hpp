// Reads the records of a journal, and what they say once RESUME is obeyed.
#pragma once
#include "core/archive/descriptor.hpp"
#include "core/archive/wire.hpp"
#include "core/base/files.hpp"

#include <assay/assay.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// Record by record, through one buffer. A torn or missing journal ends early; a disk that cannot
/// be read throws Failure.
class JournalReader {
 public:
  struct Record {
    uint64_t offset, end;  // end: where the next one begins
    wire::Type type;
    uint16_t flags;
    const std::byte* payload;  // valid until the next call
    size_t bytes;
    wire::Take take() const { return {payload, bytes}; }
  };

  explicit JournalReader(const fs::path& folder);
  bool is_open() const {
    return static_cast<bool>(fd_);
  }  // and the header is one this program reads
  const wire::Header& header() const { return header_; }
  std::optional<Record> next();
  uint64_t position() const { return position_; }
  void seek(uint64_t offset) { position_ = offset; }

 private:
  bool fetch(uint64_t offset, size_t bytes);

  fs::path path_;
  Descriptor fd_;
  wire::Header header_{};
  uint64_t position_ = sizeof(wire::Header);
  std::vector<std::byte> buffer_;
  uint64_t buffer_begin_ = 0, buffer_end_ = 0;
};

/// One call of save().
struct CheckpointMark {
  std::string name;
  int64_t step = 0;
  uint64_t begin = 0, after = 0;  // offsets of its BEGIN record and of what follows
  bool durable = false;
  uint64_t bytes = 0, digest = 0;  // of the file; XXH3-64 of its index
  fs::path file(const fs::path& folder) const;
};

/// A journal as it counts: without what RESUME voids.
struct JournalScan {
  bool present = false;
  std::string run_id;
  double started = 0;
  uint64_t end = sizeof(wire::Header);  // of the last whole record
  int attempt = 0;
  bool ended = false;
  assay_status status = 0;
  std::string message;
  std::map<uint32_t, wire::Definition> definitions;
  std::vector<CheckpointMark> checkpoints;            // in the order of their save()
  std::vector<std::pair<uint64_t, uint64_t>> ranges;  // [from, to) that counts
  uint64_t largest_file = 0;                          // number of the last spilled file

  /// Where a RESUME written now would continue: behind the last checkpoint of the latest usable
  /// set, or at the header's end. Sets: docs/archive.md.
  uint64_t resume_offset() const;
  /// Forgets what lies behind `offset`.
  void cut(uint64_t offset);
  const CheckpointMark* latest(const std::string& name) const;
};
JournalScan scan_journal(const fs::path& folder);

/// Runs of consecutive save() calls with one step and different names, as index ranges [from, to).
std::vector<std::pair<size_t, size_t>> checkpoint_sets(const std::vector<CheckpointMark>& marks);

/// The file of the latest durable checkpoint `name` of the run in `folder` that a resumed attempt
/// sees; nullopt when there is none. Read it with Checkpoint.
std::optional<fs::path> latest_checkpoint(const fs::path& folder, const std::string& name);

}  // namespace assay
