#include "core/archive/checkpoint.hpp"
#include "core/archive/checkpoint_format.hpp"
#include "core/archive/descriptor.hpp"
#include "core/archive/hash.hpp"
#include "core/archive/names.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <sys/mman.h>

namespace assay {
namespace {

constexpr size_t kPiece = size_t{1} << 20;
constexpr size_t kWriteback = size_t{16} << 20;

uint64_t string_bytes(const assay_column& column, int64_t count) {
  uint64_t n = 0;
  for (int64_t i = 0; i < count; ++i) n += 8 + std::strlen(column.strings[i]);
  return n;
}

}  // namespace

CheckpointBuffer::CheckpointBuffer(const std::string& who, int64_t step, size_t count,
                                   const assay_column* columns,
                                   std::shared_ptr<CheckpointBuffer> spare)
    : step_(step) {
  uint64_t at = sizeof(ckpt::Header);
  for (size_t i = 0; i < count; ++i) {
    const std::string key = columns[i].name == nullptr ? "" : columns[i].name;
    if (const std::string error = name_error(key); !error.empty())
      throw std::invalid_argument(who + ": " + error);
    Entry entry{key, layout_of(who + "/" + key, columns[i]), 0, 0, {}};
    entry.bytes = entry.layout.dtype.bits == 0 ? string_bytes(columns[i], entry.layout.shape[0])
                                               : entry.layout.bytes();
    entry.offset = at = ckpt::align(at, entry.bytes);
    at += entry.bytes;
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> keys;
  for (const Entry& e : entries_) keys.push_back(e.key + "/");  // so that "a/b" follows "a"
  std::sort(keys.begin(), keys.end());
  for (size_t i = 1; i < keys.size(); ++i)
    if (keys[i].starts_with(keys[i - 1]))
      throw std::invalid_argument(who + ": the key \"" + keys[i].substr(0, keys[i].size() - 1) +
                                  "\" is there twice or lies inside another");
  used_ = at;
  if (spare != nullptr && spare->capacity_ >= used_ && spare->capacity_ / 2 <= used_) {
    std::swap(memory_, spare->memory_);
    std::swap(capacity_, spare->capacity_);
    return;
  }
  spare.reset();
  void* map = ::mmap(nullptr, used_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED)
    throw Failure(who + ": no memory for a copy of the checkpoint (" + std::to_string(used_) +
                  " bytes)");
  ::madvise(map, used_, MADV_HUGEPAGE);
  memory_ = static_cast<std::byte*>(map);
  capacity_ = used_;
}

CheckpointBuffer::~CheckpointBuffer() {
  if (memory_ != nullptr) ::munmap(memory_, capacity_);
}

void CheckpointBuffer::copy(const assay_column* columns) {
  uint64_t end = sizeof(ckpt::Header);
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& e = entries_[i];
    // What lies between entries is written too: it must not be an older checkpoint's data.
    std::memset(memory_ + end, 0, e.offset - end);
    if (e.layout.dtype.bits == 0) {
      wire::Put put(memory_ + e.offset);
      for (int64_t s = 0; s < e.layout.shape[0]; ++s) {
        const std::string_view text(columns[i].strings[s]);
        put.value(uint64_t{text.size()}).bytes(text);
      }
    } else if (is_row_major(columns[i].data) && e.bytes > 0) {
      const auto* from =
          static_cast<const std::byte*>(columns[i].data.data) + columns[i].data.byte_offset;
      for (uint64_t done = 0; done < e.bytes; done += kPiece) {
        const size_t n = std::min<uint64_t>(e.bytes - done, kPiece);
        std::memcpy(memory_ + e.offset + done, from + done, n);
        announce(e.offset + done + n);
      }
    } else {
      copy_elements(columns[i].data, e.layout, memory_ + e.offset);
    }
    end = e.offset + e.bytes;
    announce(end);
  }
  announce(SIZE_MAX);
}

void CheckpointBuffer::announce(size_t bytes) {
  ready_.store(bytes, std::memory_order_release);
  ready_.notify_one();
}

void CheckpointBuffer::wait_for(size_t bytes) const {
  for (size_t seen = ready_.load(std::memory_order_acquire); seen < bytes;
       seen = ready_.load(std::memory_order_acquire))
    ready_.wait(seen, std::memory_order_acquire);
}

void CheckpointBuffer::write_data(const Descriptor& fd, const fs::path& to) {
  uint64_t written = 0, flushed = 0;
  for (Entry& e : entries_) {
    ContentHash hash;
    for (uint64_t done = 0; done < e.bytes;) {
      const size_t n = std::min<uint64_t>(e.bytes - done, kPiece);
      wait_for(e.offset + done + n);
      hash.add(memory_ + e.offset + done, n);
      done += n;
      const uint64_t end = e.offset + done;
      if (end - written < kPiece) continue;
      write_at(fd, memory_ + written, end - written, written, to);
      written = end;
      if (written - flushed < kWriteback) continue;
      ::sync_file_range(fd.get(), static_cast<off_t>(flushed),
                        static_cast<off_t>(written - flushed), SYNC_FILE_RANGE_WRITE);
      flushed = written;
    }
    e.digest = hash.digest();
  }
  wait_for(SIZE_MAX);
  write_at(fd, memory_ + written, used_ - written, written, to);
}

std::string CheckpointBuffer::index() const {
  std::vector<size_t> order(entries_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return entries_[a].key < entries_[b].key; });
  std::string out;
  for (const size_t i : order) {
    const Entry& e = entries_[i];
    std::string one(2 + e.key.size() + wire::layout_bytes(e.layout) + 32, '\0');
    wire::Put put(reinterpret_cast<std::byte*>(one.data()));
    wire::put_name(put, e.key);
    wire::put_layout(put, e.layout);
    put.value(e.offset).value(e.bytes).value(e.digest);
    out += one;
  }
  return out;
}

CheckpointBuffer::Written CheckpointBuffer::write(const fs::path& to) {
  const fs::path beside = to.parent_path() / ("." + to.filename().string() + ".tmp");
  try {
    make_folder(to.parent_path());
    Descriptor fd = create_file(beside);
    write_data(fd, to);
    const std::string tail = index();
    ckpt::Header header{};
    std::memcpy(header.magic, ckpt::kMagic, sizeof header.magic);
    header.version = ckpt::kVersion;
    header.endian_mark = wire::kEndianMark;
    header.step = step_;
    header.index_offset = used_;
    header.index_bytes = tail.size();
    header.index_digest = hash64(tail.data(), tail.size());
    header.count = entries_.size();
    write_at(fd, tail.data(), tail.size(), used_, to);
    write_at(fd, &header, sizeof header, 0, to);
    fd.close();
    publish_file(beside, to);
    return {used_ + tail.size(), header.index_digest};
  } catch (...) {
    wait_for(SIZE_MAX);  // copy() may still be writing to this memory
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace assay
