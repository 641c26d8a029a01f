// Reading whole files and little- and big-endian integers.
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/gzip.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace assay::data {

void malformed(const std::string& path, const std::string& what) {
  throw std::invalid_argument(path + ": " + what);
}

Bytes read_bytes(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) malformed(path, "is a folder, not a file");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) malformed(path, std::string("cannot be read: ") + std::strerror(errno));
  Bytes bytes;
  size_t used = 0;
  const auto known = std::filesystem::file_size(path, error);
  bytes.resize(error ? 1 << 16 : static_cast<size_t>(known) + 1);
  while (true) {
    used += std::fread(bytes.data() + used, 1, bytes.size() - used, file.get());
    if (used < bytes.size()) break;
    bytes.resize(bytes.size() * 2);
  }
  if (std::ferror(file.get()) != 0)
    malformed(path, std::string("cannot be read: ") + std::strerror(errno));
  bytes.resize(used);
  return is_gzip(bytes) ? gunzip(bytes, path) : bytes;
}

int64_t byte_count(const std::string& path, const std::vector<int64_t>& shape, int64_t item) {
  int64_t product = item;
  for (const int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(product, extent, &product))
      malformed(path, "claims the impossible shape " + show_shape(shape));
  return product;
}

std::string show_shape(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "()" : text;
}

uint32_t big32(View bytes, size_t at) {
  return uint32_t{bytes[at]} << 24 | uint32_t{bytes[at + 1]} << 16 | uint32_t{bytes[at + 2]} << 8 |
         uint32_t{bytes[at + 3]};
}

uint16_t little16(View bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

uint32_t little32(View bytes, size_t at) {
  return little16(bytes, at) | uint32_t{little16(bytes, at + 2)} << 16;
}

uint64_t little64(View bytes, size_t at) {
  return little32(bytes, at) | uint64_t{little32(bytes, at + 4)} << 32;
}

std::string_view as_text(View bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace assay::data
