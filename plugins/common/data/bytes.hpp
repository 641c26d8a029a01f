// Files as bytes, integers in them, and the one way to say that a file is malformed.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::data {

using Bytes = std::vector<uint8_t>;
using View = std::span<const uint8_t>;

/// Throws std::invalid_argument("PATH: WHAT").
[[noreturn]] void malformed(const std::string& path, const std::string& what);

/// The whole file; what is gzip is unpacked. Throws std::invalid_argument with the path.
Bytes read_bytes(const std::string& path);

/// The product of `shape` times `item` bytes. Malformed if a dimension is negative or the product
/// exceeds 2^63 - 1.
int64_t byte_count(const std::string& path, const std::vector<int64_t>& shape, int64_t item);

/// "60000 x 28 x 28"
std::string show_shape(const std::vector<int64_t>& shape);

/// Unsigned integers at `at`; the caller has checked that the bytes are there.
uint32_t big32(View bytes, size_t at);
uint16_t little16(View bytes, size_t at);
uint32_t little32(View bytes, size_t at);
uint64_t little64(View bytes, size_t at);

/// The bytes as text.
std::string_view as_text(View bytes);

}  // namespace assay::data
