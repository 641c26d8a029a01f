// Chunks of anonymous memory, each a mapping of its own that begins at a huge page.
#include "plugins/common/lm/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <sys/mman.h>

namespace assay::lm {
namespace {

constexpr size_t kHugePage = size_t{2} << 20, kChunk = size_t{64} << 20, kLine = 64;

size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

/// `bytes`, a multiple of huge pages, at an address that is one too.
std::shared_ptr<void> map_chunk(size_t bytes) {
  const size_t length = bytes + kHugePage;
  void* base = ::mmap(nullptr, length, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<uintptr_t>(base);
  auto* begin = static_cast<uint8_t*>(base) + (rounded(address, kHugePage) - address);
#ifdef MADV_HUGEPAGE
  ::madvise(begin, bytes, MADV_HUGEPAGE);
#endif
  return {begin, [base, length](void*) { ::munmap(base, length); }};
}

}  // namespace

at::Tensor Arena::take(at::IntArrayRef shape) {
  size_t bytes = sizeof(float);
  for (const int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<size_t>(extent), &bytes) ||
        bytes > SIZE_MAX / 4)
      throw std::bad_alloc();
  bytes = rounded(bytes, kLine);
  if (!chunk_ || bytes > size_ - used_) {
    size_ = rounded(std::max(bytes, kChunk), kHugePage);
    chunk_ = map_chunk(size_);
    used_ = 0;
  }
  void* at = static_cast<uint8_t*>(chunk_.get()) + used_;
  used_ += bytes;
  return at::from_blob(
      at, shape, [keep = chunk_](void*) {}, at::TensorOptions(at::kFloat));
}

}  // namespace assay::lm
