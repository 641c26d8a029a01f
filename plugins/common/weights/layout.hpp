// What the readers of tensor files share: refusals, numbers in bytes, and the check of where
// tensors lie. Private to this folder.
#pragma once
#include "plugins/common/weights/gguf_metadata.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <cstring>

namespace assay::weights {

using Bytes = std::span<const uint8_t>;

/// Throws std::invalid_argument("PATH: WHAT").
[[noreturn]] void refuse(std::string_view path, const std::string& what);

/// A name from a file, quoted for a message: cut to 80 bytes, without control characters.
std::string show_name(std::string_view name);

/// "49152 x 576"
std::string show_shape(const std::vector<int64_t>& shape);

/// The number at `at`, little-endian, wherever it lies.
template <class T>
T read_as(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The bytes of one value; 0 for strings and arrays.
uint64_t gguf_size(GgufType type);

/// The bytes that `shape` needs in blocks of `block`. Refuses a negative dimension, a product of
/// 2^63 or more, and rows that are no whole number of blocks.
uint64_t bytes_of(std::string_view path, const std::string& name, const std::vector<int64_t>& shape,
                  Block block, const std::string& type_name);

/// Where a tensor's bytes lie in the file's data.
struct Extent {
  uint64_t begin = 0, end = 0;
  const std::string* name = nullptr;
};

/// Refuses extents that overlap, and gaps before, between and after them unless `gaps`; empty
/// extents are no matter. `size` is that of the data.
void check_extents(std::string_view path, std::vector<Extent> extents, uint64_t size, bool gaps);

/// The tensors of one file that is in memory. `path` lives as long as the entries.
std::vector<Entry> parse_safetensors(Bytes file, std::string_view path);

struct Gguf {
  GgufMetadata metadata;
  std::vector<Entry> entries;
};
Gguf parse_gguf(Bytes file, std::string_view path);

}  // namespace assay::weights
