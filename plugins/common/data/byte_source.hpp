// Files as streams of bytes, unpacked on the way.
#pragma once
#include "plugins/common/data/bytes.hpp"

#include <memory>

namespace assay::data {

/// A stream of bytes that is read once, from its beginning to its end.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills the beginning of `room`; how many bytes: 0 only at the end. Throws std::invalid_argument
  /// with the path.
  virtual size_t read(std::span<uint8_t> room) = 0;
};

/// The file at `path`; gzip (all members) and zstd (all frames, windows up to 128 MiB) are known by
/// their first bytes and unpacked. Holds well under 1 MiB, and zstd's window. Packed data that is
/// cut off, corrupt or followed by something else is malformed.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);

/// The same of bytes in memory, which must outlive it; `path` is for messages.
std::unique_ptr<ByteSource> open_bytes(View bytes, const std::string& path);

}  // namespace assay::data
