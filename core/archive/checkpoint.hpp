// The file of one checkpoint of an unfinished run: ckpt/<name>/<step>.<n>. Format: docs/archive.md.
#pragma once
#include "core/archive/archive.hpp"
#include "core/archive/descriptor.hpp"
#include "core/archive/tensor.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace assay {

/// Reads a checkpoint file. Throws Failure for one that is not whole.
class Checkpoint {
 public:
  explicit Checkpoint(const fs::path& file);

  int64_t step() const { return step_; }
  /// Its entries, sorted by key; an item's path is its key.
  const std::vector<Archive::Item>& items() const { return items_; }
  bool has(const std::string& key) const;
  Array read(const std::string& key) const;  // throws Failure, also when the digest differs
  void read_into(const std::string& key, void* data, size_t bytes) const;
  /// Calls `take(bytes, size)` for pieces of a numeric entry, in order; then checks the digest.
  template <class F>
  void stream(size_t item, F&& take) const {
    stream_pieces(
        item, [](void* f, const std::byte* p, size_t n) { (*static_cast<F*>(f))(p, n); }, &take);
  }
  uint64_t index_digest() const { return index_digest_; }

 private:
  struct Place {
    uint64_t offset, bytes;
    std::array<unsigned char, 16> digest;
  };
  void stream_pieces(size_t item, void (*take)(void*, const std::byte*, size_t), void* state) const;
  size_t find(const std::string& key) const;
  void fetch(void* to, size_t bytes, uint64_t offset) const;

  fs::path file_;
  Descriptor fd_;
  int64_t step_ = 0;
  uint64_t index_digest_ = 0;
  std::vector<Archive::Item> items_;
  std::vector<Place> places_;
};

/// A checkpoint as save() copies it: memory that mirrors the file.
class CheckpointBuffer {
 public:
  /// Lays the columns out and takes the memory, from `spare` when that is large enough. Throws
  /// std::invalid_argument for columns that the ABI forbids. Copies nothing yet.
  CheckpointBuffer(const std::string& who, int64_t step, size_t count, const assay_column* columns,
                   std::shared_ptr<CheckpointBuffer> spare);
  ~CheckpointBuffer();
  CheckpointBuffer(const CheckpointBuffer&) = delete;
  CheckpointBuffer& operator=(const CheckpointBuffer&) = delete;

  /// Copies the columns; write() may run at the same time in another thread.
  void copy(const assay_column* columns);
  /// Writes the file `to` as copy() goes on: beside it, fsynced, renamed. Returns its size and the
  /// digest of its index. Throws Failure.
  struct Written {
    uint64_t bytes, index_digest;
  };
  Written write(const fs::path& to);

 private:
  struct Entry {
    std::string key;
    Layout layout;
    uint64_t offset, bytes;
    std::array<unsigned char, 16> digest;
  };
  void announce(size_t bytes);
  void wait_for(size_t bytes) const;
  void write_data(const Descriptor& fd, const fs::path& to);
  std::string index() const;

  int64_t step_;
  std::vector<Entry> entries_;
  std::byte* memory_ = nullptr;
  size_t capacity_ = 0, used_ = 0;
  std::atomic<size_t> ready_{0};
};

}  // namespace assay
