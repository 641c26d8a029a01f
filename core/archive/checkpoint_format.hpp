// The header of a checkpoint file; its index is beside it in checkpoint.cpp and docs/archive.md.
#pragma once
#include "core/archive/wire.hpp"

namespace assay::ckpt {

constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'C', 'K', 'P'};
constexpr uint32_t kVersion = 1;

struct Header {
  char magic[8];
  uint32_t version, endian_mark;
  int64_t step;
  uint64_t index_offset, index_bytes, index_digest;  // XXH3-64
  uint64_t count, reserved;
};
static_assert(sizeof(Header) == 64);

/// Entries of at least 64 KiB begin at a page, others at 64 bytes.
constexpr uint64_t align(uint64_t offset, uint64_t bytes) {
  const uint64_t to = bytes >= (uint64_t{64} << 10) ? 4096 : 64;
  return (offset + to - 1) & ~(to - 1);
}

}  // namespace assay::ckpt
