// Zip files, as far as .npz needs them: stored and deflated members, also larger than 4 GiB.
#pragma once
#include "plugins/common/data/bytes.hpp"

#include <optional>

namespace assay::data {

/// The directory of a zip file that is held in memory; the bytes must outlive it.
class Zip {
 public:
  /// Reads the central directory. Malformed if there is none or it leaves the file.
  Zip(View bytes, std::string path);

  std::vector<std::string> names() const;
  /// The unpacked member, its CRC-32 checked; nothing if no member has that name. Malformed if it
  /// is encrypted, packed by another method, cut off or corrupt.
  std::optional<Bytes> read(const std::string& name) const;

 private:
  struct Member {
    std::string name;
    uint16_t flags = 0, method = 0;
    uint32_t crc = 0;
    uint64_t packed = 0, size = 0, offset = 0;
  };
  void find_directory(uint64_t& offset, uint64_t& entries) const;
  /// The member whose directory entry is at `at`, which moves past it.
  Member member_at(size_t& at) const;
  View packed_bytes(const Member& member) const;

  View bytes_;
  std::string path_;
  std::vector<Member> members_;
};

}  // namespace assay::data
