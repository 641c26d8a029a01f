// Zip's end record, central directory and local headers; APPNOTE 6.3 sections 4.3 to 4.5.
#include "plugins/common/data/gzip.hpp"
#include "plugins/common/data/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace assay::data {
namespace {
constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr uint32_t kIn64 = std::numeric_limits<uint32_t>::max();  // "see the 64-bit field"
constexpr size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56;
constexpr size_t kCentralSize = 46, kLocalSize = 30;

uint32_t crc_of(View bytes) {
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < bytes.size();) {
    const size_t piece = std::min(bytes.size() - at, size_t{1} << 30);
    crc = crc32(crc, bytes.data() + at, static_cast<uInt>(piece));
    at += piece;
  }
  return static_cast<uint32_t>(crc);
}

/// Replaces the sizes and the offset that say kIn64 by those of the extra field 0x0001, in its
/// order.
bool read_zip64(View extra, std::initializer_list<uint64_t*> fields) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const size_t length = little16(extra, at + 2);
    if (length > extra.size() - at - 4) return false;
    if (little16(extra, at) == 1) {
      size_t inside = at + 4;
      for (uint64_t* field : fields) {
        if (*field != kIn64) continue;
        if (inside + 8 > at + 4 + length) return false;
        *field = little64(extra, inside);
        inside += 8;
      }
      return true;
    }
    at += 4 + length;
  }
  return std::none_of(fields.begin(), fields.end(), [](uint64_t* f) { return *f == kIn64; });
}
}  // namespace

Zip::Zip(View bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {
  uint64_t offset = 0, entries = 0;
  find_directory(offset, entries);
  if (offset > bytes_.size()) malformed(path_, "has a zip directory outside the file");
  auto at = static_cast<size_t>(offset);
  for (uint64_t i = 0; i < entries; ++i) members_.push_back(member_at(at));
}

void Zip::find_directory(uint64_t& offset, uint64_t& entries) const {
  const size_t farthest = kEndSize + 0xffff;  // the record and the longest comment
  for (size_t back = kEndSize; back <= std::min(farthest, bytes_.size()); ++back) {
    const size_t at = bytes_.size() - back;
    if (little32(bytes_, at) != kEnd || little16(bytes_, at + 20) != back - kEndSize) continue;
    entries = little16(bytes_, at + 10);
    offset = little32(bytes_, at + 16);
    if ((offset != kIn64 && entries != 0xffff) || at < kLocatorSize ||
        little32(bytes_, at - kLocatorSize) != kLocator64)
      return;
    const uint64_t end64 = little64(bytes_, at - kLocatorSize + 8);
    if (bytes_.size() < kEnd64Size || end64 > bytes_.size() - kEnd64Size ||
        little32(bytes_, static_cast<size_t>(end64)) != kEnd64)
      malformed(path_, "has a broken 64-bit zip directory");
    entries = little64(bytes_, static_cast<size_t>(end64) + 32);
    offset = little64(bytes_, static_cast<size_t>(end64) + 48);
    return;
  }
  malformed(path_, "is not a zip file, or is cut off: it has no directory at its end");
}

Zip::Member Zip::member_at(size_t& at) const {
  if (bytes_.size() - at < kCentralSize || little32(bytes_, at) != kCentral)
    malformed(path_, "has a broken zip directory");
  Member m;
  m.flags = little16(bytes_, at + 8);
  m.method = little16(bytes_, at + 10);
  m.crc = little32(bytes_, at + 16);
  m.packed = little32(bytes_, at + 20);
  m.size = little32(bytes_, at + 24);
  m.offset = little32(bytes_, at + 42);
  const size_t name = little16(bytes_, at + 28), extra = little16(bytes_, at + 30);
  const size_t comment = little16(bytes_, at + 32);
  if (name + extra + comment > bytes_.size() - at - kCentralSize)
    malformed(path_, "has a broken zip directory");
  m.name = as_text(bytes_.subspan(at + kCentralSize, name));
  if (!read_zip64(bytes_.subspan(at + kCentralSize + name, extra), {&m.size, &m.packed, &m.offset}))
    malformed(path_, "has a broken zip directory");
  at += kCentralSize + name + extra + comment;
  return m;
}

View Zip::packed_bytes(const Member& m) const {
  const size_t room = bytes_.size();
  if (room < kLocalSize || m.offset > room - kLocalSize ||
      little32(bytes_, static_cast<size_t>(m.offset)) != kLocal)
    malformed(path_, m.name + " is not where the zip directory says");
  const auto at = static_cast<size_t>(m.offset);
  const size_t begin =
      at + kLocalSize + little16(bytes_, at + 26) + size_t{little16(bytes_, at + 28)};
  if (begin > room || m.packed > room - begin) malformed(path_, m.name + " is cut off");
  return bytes_.subspan(begin, static_cast<size_t>(m.packed));
}

std::vector<std::string> Zip::names() const {
  std::vector<std::string> all;
  for (const Member& m : members_) all.push_back(m.name);
  return all;
}

std::optional<Bytes> Zip::read(const std::string& name) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& m) { return m.name == name; });
  if (found == members_.end()) return std::nullopt;
  const std::string where = path_ + "/" + name;
  if ((found->flags & 1) != 0) malformed(where, "is encrypted");
  const View packed = packed_bytes(*found);
  Bytes out;
  if (found->method == 0) {
    if (found->size != found->packed) malformed(where, "is stored with two different sizes");
    out.assign(packed.begin(), packed.end());
  } else if (found->method == 8) {
    out = inflate_raw(packed, static_cast<size_t>(found->size), where);
  } else {
    malformed(where, "is packed by the unsupported zip method " + std::to_string(found->method) +
                         "; use np.savez or np.savez_compressed");
  }
  if (crc_of(out) != found->crc) malformed(where, "does not match its checksum");
  return out;
}

}  // namespace assay::data
