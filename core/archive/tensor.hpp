// Tensors as plugins hand them over: checked, measured and copied to row-major bytes.
#pragma once
#include "core/archive/array.hpp"

#include <string>
#include <vector>

namespace assay {

/// What the journal needs to know of a tensor or a column of strings before it copies it.
struct Layout {
  assay_dtype dtype{};  // bits == 0: strings
  std::vector<int64_t> shape;
  bool operator==(const Layout& other) const {
    return dtype.code == other.dtype.code && dtype.bits == other.dtype.bits && shape == other.shape;
  }
  size_t elements() const;
  size_t bytes() const { return elements() * element_bytes(dtype); }
};

/// Checks what the ABI promises. Throws std::invalid_argument ("WHO: why") for memory of another
/// device, a type the archive does not have, a negative or overflowing shape, data that is NULL.
Layout layout_of(const std::string& who, const assay_tensor& tensor);
/// The same of a column; strings have the shape {shape[0]} and none is NULL.
Layout layout_of(const std::string& who, const assay_column& column);

/// Writes the elements in row-major order, whatever the strides. `to` holds layout.bytes().
void copy_elements(const assay_tensor& tensor, const Layout& layout, std::byte* to);

bool is_row_major(const assay_tensor& tensor);

/// A row-major tensor over `data`, which must outlive it, as must `shape`.
assay_tensor tensor_over(const void* data, assay_dtype dtype, const std::vector<int64_t>& shape);

}  // namespace assay
