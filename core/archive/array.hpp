// An n-dimensional array or a column of strings, by value: what archives hold and readers return.
#pragma once
#include <assay/assay.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace assay {

struct Array {
  assay_dtype dtype{};           // bits == 0: strings
  std::vector<int64_t> shape;    // empty: a scalar
  std::vector<std::byte> bytes;  // row-major, little-endian; empty for strings
  std::vector<std::string> strings;

  bool is_strings() const { return dtype.bits == 0; }
  size_t elements() const;
  size_t rows() const { return shape.empty() ? 1 : static_cast<size_t>(shape[0]); }
  /// Element `i` in row-major order as a double (bf16 and f16 converted). Not for strings.
  double number(size_t i) const;
  std::vector<double> numbers() const;
};

size_t element_bytes(assay_dtype dtype);
std::string dtype_name(assay_dtype dtype);  // "f32", "bf16", "i64", "u8", "bool", "string"

}  // namespace assay
