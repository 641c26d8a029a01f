// The bytes of the journal: its header, its record types, and how their fields are put and taken.
// docs/archive.md says the same in prose.
#pragma once
#include "core/archive/tensor.hpp"

#include <bit>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace assay::wire {

static_assert(std::endian::native == std::endian::little,
              "journals and archives are little-endian");

constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'W', 'A', 'L'};
constexpr uint32_t kVersion = 1;
constexpr uint32_t kEndianMark = 0x01020304U;

struct Header {
  char magic[8];
  uint32_t version, endian_mark;
  char run_id[32];  // padded with NULs
  double started;   // Unix seconds
  uint64_t reserved;
};
static_assert(sizeof(Header) == 64);

// A record: u32 length, u32 crc32c, then `length` bytes that the CRC covers: u16 type, u16 flags,
// payload. Zero bytes follow up to a multiple of 8. A length of 0 ends the journal.
constexpr size_t kPrefixBytes = 12;  // what precedes the payload
constexpr size_t kUncovered = 8;     // what the CRC does not cover
constexpr size_t record_bytes(size_t payload) { return (kPrefixBytes + payload + 7) & ~size_t{7}; }

enum Type : uint16_t {
  kDefine = 1,     // u32 id, u8 kind, u8 0, u16 columns, name, columns (see Definition)
  kScalar = 2,     // u32 id, i64 step, f64 time, f64 value
  kRows = 3,       // u32 id, u64 count, then column after column
  kArray = 4,      // u32 id, i64 step, the elements
  kSpilled = 5,    // u32 id, i64 step, u64 file, u64 offset, u64 bytes, 16 bytes XXH3-128
  kText = 6,       // u32 id, i64 step, bytes
  kFile = 7,       // u32 id, u64 file, u64 bytes, 16 bytes XXH3-128, original file name
  kBegin = 8,      // u32 id, i64 step: save() was called
  kDone = 9,       // u32 id, i64 step, u64 offset of BEGIN, u64 bytes, u64 XXH3-64 of the index
  kProgress = 10,  // u32 length of phase, f64 time, i64 done, i64 total, phase, note
  kEvent = 11,     // u32 length of kind, f64 time, kind, text
  kResume = 12,    // u32 attempt, f64 time, u64 offset from which everything is void
  kEnd = 13,       // i32 status, f64 time, message
  kBeat = 14       // u32 0, f64 time: a sign of life
};

constexpr uint16_t kAmends =
    1;  // flag of RESUME: replaces the RESUME of the same attempt before it

enum Kind : uint8_t {
  kMetric = 1,
  kTable = 2,
  kArrayName = 3,
  kTextName = 4,
  kCheckpoint = 5,
  kArtifact = 6
};

struct Column {
  std::string name;
  Layout layout;  // of a table: of one row; of an array: of the whole
  bool operator==(const Column&) const = default;
};

/// A name and what belongs to it; later records refer to it by `id`. Never void.
struct Definition {
  uint32_t id = 0;
  Kind kind = kMetric;
  std::string name;
  std::vector<Column> columns;  // of a table; of an array one without a name
};

/// Appends fields at a pointer. The caller knows that there is room.
class Put {
 public:
  explicit Put(std::byte* at) : at_(at) {}
  template <class T>
  Put& value(T v) {
    std::memcpy(at_, &v, sizeof v);
    at_ += sizeof v;
    return *this;
  }
  Put& bytes(std::string_view v) {
    if (!v.empty()) std::memcpy(at_, v.data(), v.size());
    at_ += v.size();
    return *this;
  }
  std::byte* at() const { return at_; }
  void skip(size_t n) { at_ += n; }

 private:
  std::byte* at_;
};

/// Takes fields from bytes that may be too few: then every value is 0 and ok() is false.
class Take {
 public:
  Take(const std::byte* at, size_t bytes) : at_(at), left_(bytes) {}
  template <class T>
  T value() {
    T v{};
    if (left_ < sizeof v) {
      fail();
      return v;
    }
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    left_ -= sizeof v;
    return v;
  }
  std::string_view bytes(size_t n) {
    if (left_ < n) {
      fail();
      return {};
    }
    const std::string_view v(reinterpret_cast<const char*>(at_), n);
    at_ += n;
    left_ -= n;
    return v;
  }
  std::string_view rest() { return bytes(left_); }
  size_t left() const { return left_; }
  bool ok() const { return ok_; }

 private:
  void fail() {
    ok_ = false;
    left_ = 0;
  }
  const std::byte* at_;
  size_t left_;
  bool ok_ = true;
};

// Layouts, as in DEFINE and in the index of a checkpoint: u8 code, u8 bits, u8 ndim, u8 0, i64
// dimensions. Names: u16 length, bytes.
inline size_t layout_bytes(const Layout& l) { return 4 + 8 * l.shape.size(); }
inline void put_layout(Put& put, const Layout& l) {
  put.value(l.dtype.code).value(l.dtype.bits).value(static_cast<uint8_t>(l.shape.size()));
  put.value(uint8_t{0});
  for (const int64_t d : l.shape) put.value(d);
}
inline Layout take_layout(Take& take) {
  Layout l;
  l.dtype.code = take.value<uint8_t>();
  l.dtype.bits = take.value<uint8_t>();
  l.dtype.lanes = 1;
  const auto ndim = take.value<uint8_t>();
  take.value<uint8_t>();
  for (int i = 0; i < ndim; ++i) l.shape.push_back(take.value<int64_t>());
  return l;
}
inline void put_name(Put& put, std::string_view name) {
  put.value(static_cast<uint16_t>(name.size())).bytes(name);
}
inline std::string take_name(Take& take) {
  const auto n = take.value<uint16_t>();
  return std::string(take.bytes(n));
}

inline size_t definition_bytes(const Definition& d) {
  size_t n = 8 + 2 + d.name.size();
  for (const Column& c : d.columns) n += 2 + c.name.size() + layout_bytes(c.layout);
  return n;
}
inline void put_definition(Put& put, const Definition& d) {
  put.value(d.id).value(d.kind).value(uint8_t{0}).value(static_cast<uint16_t>(d.columns.size()));
  put_name(put, d.name);
  for (const Column& c : d.columns) {
    put_name(put, c.name);
    put_layout(put, c.layout);
  }
}
inline Definition take_definition(Take& take) {
  Definition d;
  d.id = take.value<uint32_t>();
  d.kind = static_cast<Kind>(take.value<uint8_t>());
  take.value<uint8_t>();
  const auto columns = take.value<uint16_t>();
  d.name = take_name(take);
  for (int i = 0; i < columns && take.ok(); ++i) {
    std::string name = take_name(take);
    d.columns.push_back({std::move(name), take_layout(take)});
  }
  return d;
}

}  // namespace assay::wire
