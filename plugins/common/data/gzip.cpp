// zlib's inflate, fed in pieces that fit its 32-bit counters.
#include "plugins/common/data/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace assay::data {
namespace {
constexpr size_t kPiece = size_t{1} << 30;

/// One z_stream, freed at the end of its scope.
class Inflater {
 public:
  explicit Inflater(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Unpacks from `in` to `out` and drops what was used from both. zlib's status.
  int step(View& in, std::span<uint8_t>& out) {
    const size_t give = std::min(in.size(), kPiece), take = std::min(out.size(), kPiece);
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(give);
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(take);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(give - stream_.avail_in);
    out = out.subspan(take - stream_.avail_out);
    return status;
  }
  void restart() { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

[[noreturn]] void corrupt(const std::string& path, int status) {
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  if (status == Z_BUF_ERROR || status == Z_OK)
    malformed(path, "ends in the middle of its compressed data");
  malformed(path, "holds corrupt compressed data");
}
}  // namespace

bool is_gzip(View bytes) { return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b; }

Bytes gunzip(View bytes, const std::string& path) {
  Inflater inflater(16 + MAX_WBITS);
  Bytes out(std::max<size_t>(4096, bytes.size() * 3));
  size_t used = 0;
  View in = bytes;
  while (true) {
    if (used == out.size()) out.resize(out.size() * 2);
    std::span<uint8_t> room(out.data() + used, out.size() - used);
    const size_t before = room.size();
    const int status = inflater.step(in, room);
    used += before - room.size();
    if (status == Z_STREAM_END) {
      if (in.empty()) break;
      if (!is_gzip(in))
        malformed(path, "has " + std::to_string(in.size()) + " bytes after its gzip data");
      inflater.restart();
    } else if (status != Z_OK || (in.empty() && !room.empty())) {
      corrupt(path, status);
    }
  }
  out.resize(used);
  return out;
}

Bytes inflate_raw(View bytes, size_t size, const std::string& path) {
  // Deflate packs at most 1032 to 1, so that a lying size cannot make us allocate without end.
  if (size / 1032 > bytes.size() + 64)
    malformed(path, "claims to unpack to " + std::to_string(size) + " bytes, which its " +
                        std::to_string(bytes.size()) + " packed bytes cannot hold");
  Inflater inflater(-MAX_WBITS);
  Bytes out(size + 1);
  std::span<uint8_t> room(out);
  int status = Z_OK;
  while (status == Z_OK && !room.empty()) {
    status = inflater.step(bytes, room);
    if (status == Z_OK && bytes.empty() && !room.empty()) break;
  }
  const size_t got = out.size() - room.size();
  if (status != Z_STREAM_END && got <= size) corrupt(path, status);
  if (got != size)
    malformed(path, "unpacks to another size than the " + std::to_string(size) +
                        " bytes that its directory states");
  out.resize(size);
  return out;
}

}  // namespace assay::data
