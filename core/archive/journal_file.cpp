#include "core/archive/crc32c.hpp"
#include "core/archive/journal_file.hpp"
#include "core/archive/network.hpp"
#include "core/archive/sigbus.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace assay {
namespace {

constexpr uint64_t kFirstSegment = uint64_t{64} << 10, kSegment = uint64_t{4} << 20,
                   kPopulate = uint64_t{64} << 10;
const uint64_t kPage = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));

}  // namespace

JournalFile::Mode JournalFile::mode_for(const fs::path& folder) {
  const char* choice = std::getenv("ASSAY_JOURNAL");
  if (choice != nullptr && std::string_view(choice) == "write") return Mode::write;
  return on_network(folder) ? Mode::write : Mode::map;
}

JournalFile::JournalFile(const fs::path& path, Mode mode, uint64_t keep, const wire::Header& header)
    : path_(path), mode_(mode), segment_(kFirstSegment) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw Failure(why("cannot write", path));
  try {
    if (::ftruncate(fd_, static_cast<off_t>(keep)) != 0) fail();
    if (keep == 0) {
      if (::pwrite(fd_, &header, sizeof header, 0) != sizeof header) fail();
      keep = sizeof header;
    }
    size_ = keep;
    tail_.store(keep);
    if (mode_ == Mode::map) {
      slot_ = sigbus::watch(nullptr, 0);
      if (slot_ < 0) mode_ = Mode::write;
    }
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

JournalFile::~JournalFile() {
  unmap();
  if (slot_ >= 0) sigbus::forget(slot_);
  // What was reserved and not used is given back; a failure here costs only space.
  if (mode_ == Mode::map && ::ftruncate(fd_, static_cast<off_t>(tail())) != 0) errno = 0;
  ::close(fd_);
}

void JournalFile::fail() { fail(errno); }
void JournalFile::fail(int error) {
  errno = error;
  throw Failure(why("disk full or failing:", path_));
}

void JournalFile::unmap() {
  if (mode_ != Mode::map || window_ == nullptr) return;
  sigbus::move(slot_, nullptr, 0);
  ::munmap(window_, window_end_ - window_begin_);
  window_ = nullptr;
  window_begin_ = window_end_ = ready_end_ = 0;
}

void JournalFile::map_from(uint64_t offset) {
  unmap();
  const uint64_t begin = offset & ~(kPage - 1);
  void* map = ::mmap(nullptr, size_ - begin, PROT_READ | PROT_WRITE, MAP_SHARED, fd_,
                     static_cast<off_t>(begin));
  if (map == MAP_FAILED) fail();
  window_ = static_cast<std::byte*>(map);
  window_begin_ = begin;
  window_end_ = size_;
  ready_end_ = begin;
  sigbus::move(slot_, map, size_ - begin);
}

void JournalFile::make_room(size_t bytes) {
  const size_t record = wire::record_bytes(bytes);
  const uint64_t from = tail();
  if (bytes + 4 > UINT32_MAX) throw std::invalid_argument("a journal record is at most 4 GiB");
  if (mode_ == Mode::write) {
    buffer_.assign(std::max<size_t>(record + 8, 1 << 12), std::byte{0});
    window_ = buffer_.data();
    window_begin_ = from;
    window_end_ = ready_end_ = from + buffer_.size();
    return;
  }
  if (slot_ >= 0 && sigbus::failed(slot_)) fail(EIO);
  const uint64_t needed = from + record + 8;
  if (needed > size_) {
    const uint64_t grown =
        (std::max(size_ + segment_, needed) + kFirstSegment - 1) & ~(kFirstSegment - 1);
    const int error =
        ::posix_fallocate(fd_, static_cast<off_t>(size_), static_cast<off_t>(grown - size_));
    if (error != 0) fail(error);
    size_ = grown;
    segment_ = std::min(segment_ * 4, kSegment);
  }
  if (needed > window_end_) map_from(from);
  // Taking the pages of a long journal in one call costs less than a fault for each.
  const uint64_t next = std::min(window_end_, (needed + kPopulate) & ~(kPopulate - 1));
  if (from >= kPopulate) {
    const uint64_t page = std::max(ready_end_, from & ~(kPage - 1));
    ::madvise(at(page), next - page, MADV_POPULATE_WRITE);  // advice: it may be refused
  }
  ready_end_ = next;
}

uint64_t JournalFile::commit(wire::Type type, uint16_t flags) {
  const uint64_t offset = tail_.load(std::memory_order_relaxed);
  std::byte* record = at(offset);
  const auto length = static_cast<uint32_t>(reserved_ + 4);
  wire::Put(record + 8).value(uint16_t{type}).value(flags);
  wire::Put(record + 4).value(crc32c(record + wire::kUncovered, length));
  const size_t total = wire::record_bytes(reserved_);
  if (mode_ == Mode::map) {
    // Readers in other processes see the length last, so a record that has one is whole.
    __atomic_store_n(reinterpret_cast<uint32_t*>(record), length, __ATOMIC_RELEASE);
    if (sigbus::failed(slot_)) fail(EIO);
  } else {
    wire::Put(record).value(length);
    const size_t used = wire::kPrefixBytes + reserved_;
    std::fill(record + used, record + total, std::byte{0});
    write_out(record, total);
  }
  tail_.store(offset + total, std::memory_order_release);
  return offset;
}

/// In write mode: the record goes to the file, and the next one starts the buffer anew.
void JournalFile::write_out(std::byte* record, size_t total) {
  const uint64_t offset = tail();
  for (size_t done = 0; done < total;) {
    const ssize_t n = ::pwrite(fd_, record + done, total - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(n == 0 ? ENOSPC : errno);
    done += static_cast<size_t>(n);
  }
  window_ = buffer_.data();
  window_begin_ = offset + total;
  window_end_ = ready_end_ = window_begin_ + buffer_.size();
}

void JournalFile::scalar(uint32_t id, int64_t step, double time, double value) {
  constexpr size_t kBytes = wire::record_bytes(28);
  static_assert(kBytes == 40);
  std::byte* record = reserve(28) - wire::kPrefixBytes;
  const uint64_t head = uint64_t{wire::kScalar} | uint64_t{id} << 32;
  const uint32_t crc = crc32c_words(head, static_cast<uint64_t>(step),
                                    std::bit_cast<uint64_t>(time), std::bit_cast<uint64_t>(value));
  wire::Put(record + 4).value(crc).value(head).value(step).value(time).value(value);
  const uint64_t offset = tail_.load(std::memory_order_relaxed);
  if (mode_ == Mode::map) {
    __atomic_store_n(reinterpret_cast<uint32_t*>(record), uint32_t{32}, __ATOMIC_RELEASE);
    if (sigbus::failed(slot_)) fail(EIO);
  } else {
    wire::Put(record).value(uint32_t{32});
    write_out(record, kBytes);
  }
  tail_.store(offset + kBytes, std::memory_order_release);
}

void JournalFile::sync() {
  if (::fdatasync(fd_) != 0) fail();
}

}  // namespace assay
