// One raw source (file or memory) and one class for each way in which it may be packed.
#include "plugins/common/data/byte_source.hpp"
#include "plugins/common/data/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>
#include <zstd.h>

namespace assay::data {
namespace {
constexpr size_t kPiece = size_t{1} << 17;

class RawFile : public ByteSource {
 public:
  explicit RawFile(const std::string& path) : path_(path), file_(nullptr, &std::fclose) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) malformed(path, "is a folder, not a file");
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) fail();
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  }
  size_t read(std::span<uint8_t> room) override {
    const size_t got = std::fread(room.data(), 1, room.size(), file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) fail();
    return got;
  }

 private:
  [[noreturn]] void fail() const {
    malformed(path_, std::string("cannot be read: ") + std::strerror(errno));
  }
  std::string path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

class RawMemory : public ByteSource {
 public:
  explicit RawMemory(View bytes) : rest_(bytes) {}
  size_t read(std::span<uint8_t> room) override {
    const size_t n = std::min(room.size(), rest_.size());
    std::copy_n(rest_.begin(), n, room.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  View rest_;
};

/// A raw source with a buffer that can be looked into.
struct Input {
  std::unique_ptr<ByteSource> raw;
  std::string path;
  Bytes buffer = Bytes(kPiece);
  size_t begin = 0, end = 0;

  View bytes() const { return View(buffer).subspan(begin, end - begin); }
  /// Reads until `wanted` bytes are there or the source ends; whether they are there.
  bool have(size_t wanted) {
    if (end - begin >= wanted) return true;
    std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(begin),
              buffer.begin() + static_cast<std::ptrdiff_t>(end), buffer.begin());
    end -= std::exchange(begin, 0);
    while (end < wanted) {
      const size_t got = raw->read(std::span(buffer).subspan(end));
      if (got == 0) return false;
      end += got;
    }
    return true;
  }
};

[[noreturn]] void cut_off(const std::string& path) {
  malformed(path, "ends in the middle of its compressed data");
}

class Plain : public ByteSource {
 public:
  explicit Plain(Input input) : input_(std::move(input)) {}
  size_t read(std::span<uint8_t> room) override {
    const View first = input_.bytes();
    if (first.empty()) return input_.raw->read(room);
    const size_t n = std::min(room.size(), first.size());
    std::copy_n(first.begin(), n, room.begin());
    input_.begin += n;
    return n;
  }

 private:
  Input input_;
};

class Gunzipped : public ByteSource {
 public:
  explicit Gunzipped(Input input) : input_(std::move(input)) {
    if (inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  Gunzipped(const Gunzipped&) = delete;
  Gunzipped& operator=(const Gunzipped&) = delete;
  ~Gunzipped() override { inflateEnd(&stream_); }

  size_t read(std::span<uint8_t> room) override {
    room = room.first(std::min(room.size(), kPiece));
    while (!between_members_ || next_member()) {
      if (!input_.have(1)) cut_off(input_.path);
      stream_.next_in = const_cast<Bytef*>(input_.bytes().data());
      stream_.avail_in = static_cast<uInt>(input_.bytes().size());
      stream_.next_out = room.data();
      stream_.avail_out = static_cast<uInt>(room.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      input_.begin = input_.end - stream_.avail_in;
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        malformed(input_.path, "holds corrupt compressed data");
      between_members_ = status == Z_STREAM_END;
      if (const size_t got = room.size() - stream_.avail_out; got > 0) return got;
    }
    return 0;
  }

 private:
  /// Another member begins here; false at the end of the source.
  bool next_member() {
    if (!input_.have(1)) return false;
    if (!input_.have(2) || !is_gzip(input_.bytes()))
      malformed(input_.path, "has something else after its gzip data");
    inflateReset(&stream_);
    between_members_ = false;
    return true;
  }

  Input input_;
  z_stream stream_{};
  bool between_members_ = true;
};

class Unzstd : public ByteSource {
 public:
  explicit Unzstd(Input input)
      : input_(std::move(input)), context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    if (!context_) throw std::bad_alloc();
  }
  size_t read(std::span<uint8_t> room) override {
    while (input_.have(1) || unfinished_ != 0) {
      ZSTD_inBuffer in{input_.bytes().data(), input_.bytes().size(), 0};
      ZSTD_outBuffer out{room.data(), room.size(), 0};
      const size_t status = ZSTD_decompressStream(context_.get(), &out, &in);
      input_.begin += in.pos;
      if (ZSTD_isError(status) != 0)
        malformed(input_.path, std::string("holds zstd data that cannot be unpacked: ") +
                                   ZSTD_getErrorName(status));
      unfinished_ = status;
      if (out.pos > 0) return out.pos;
      if (in.size == 0) cut_off(input_.path);
    }
    return 0;
  }

 private:
  Input input_;
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  size_t unfinished_ = 0;  // not 0: within a frame
};

bool is_zstd(View b) {
  return b.size() >= 4 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd && b[0] == 0x28;
}

std::unique_ptr<ByteSource> unpacked(std::unique_ptr<ByteSource> raw, const std::string& path) {
  Input input{std::move(raw), path};
  input.have(4);
  if (is_gzip(input.bytes())) return std::make_unique<Gunzipped>(std::move(input));
  if (is_zstd(input.bytes())) return std::make_unique<Unzstd>(std::move(input));
  return std::make_unique<Plain>(std::move(input));
}
}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  return unpacked(std::make_unique<RawFile>(path), path);
}

std::unique_ptr<ByteSource> open_bytes(View bytes, const std::string& path) {
  return unpacked(std::make_unique<RawMemory>(bytes), path);
}

}  // namespace assay::data
