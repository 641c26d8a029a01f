#include "core/archive/tensor.hpp"

#include <cstring>
#include <stdexcept>

namespace assay {
namespace {

constexpr int kMaxRank = 31;  // HDF5 has 32, and a series adds one

bool known(assay_dtype t) {
  if (t.lanes > 1) return false;
  switch (t.code) {
    case ASSAY_DT_INT:
    case ASSAY_DT_UINT: return t.bits == 8 || t.bits == 16 || t.bits == 32 || t.bits == 64;
    case ASSAY_DT_FLOAT: return t.bits == 16 || t.bits == 32 || t.bits == 64;
    case ASSAY_DT_BFLOAT: return t.bits == 16;
    case ASSAY_DT_BOOL: return t.bits == 8;
    default: return false;
  }
}

std::vector<int64_t> checked_shape(const std::string& who, const assay_tensor& t, size_t element) {
  if (t.ndim < 0 || t.ndim > kMaxRank)
    throw std::invalid_argument(who + ": a tensor has 0 to 31 dimensions, not " +
                                std::to_string(t.ndim));
  if (t.ndim > 0 && t.shape == nullptr) throw std::invalid_argument(who + ": shape is NULL");
  std::vector<int64_t> shape(t.shape, t.shape + t.ndim);
  int64_t bytes = static_cast<int64_t>(element);
  for (const int64_t d : shape)
    if (d < 0 || __builtin_mul_overflow(bytes, d, &bytes))
      throw std::invalid_argument(who + ": the shape is negative or too large");
  return shape;
}

struct Walk {
  const int64_t* shape;
  const int64_t* strides;
  int ndim;
  size_t element;
};

std::byte* copy_strided(const Walk& w, int dim, const std::byte* from, std::byte* to) {
  const int64_t n = w.shape[dim];
  const int64_t step = w.strides[dim] * static_cast<int64_t>(w.element);
  if (dim + 1 < w.ndim) {
    for (int64_t i = 0; i < n; ++i) to = copy_strided(w, dim + 1, from + i * step, to);
    return to;
  }
  if (step == static_cast<int64_t>(w.element)) {
    std::memcpy(to, from, static_cast<size_t>(n) * w.element);
    return to + static_cast<size_t>(n) * w.element;
  }
  for (int64_t i = 0; i < n; ++i, to += w.element) std::memcpy(to, from + i * step, w.element);
  return to;
}

}  // namespace

bool is_row_major(const assay_tensor& t) {
  if (t.strides == nullptr) return true;
  int64_t expected = 1;
  for (int d = t.ndim - 1; d >= 0; --d) {
    if (t.shape[d] != 1 && t.strides[d] != expected) return false;
    expected *= t.shape[d];
  }
  return true;
}

size_t Layout::elements() const {
  size_t n = 1;
  for (const int64_t d : shape) n *= static_cast<size_t>(d);
  return n;
}

Layout layout_of(const std::string& who, const assay_tensor& t) {
  if (t.device.type != ASSAY_CPU)
    throw std::invalid_argument(who + ": the tensor must be in the CPU's memory");
  if (!known(t.dtype))
    throw std::invalid_argument(who + ": the type " + dtype_name(t.dtype) +
                                " is not one of bool, i8 to i64, u8 to u64, f16, bf16, f32, f64");
  Layout layout{t.dtype, checked_shape(who, t, element_bytes(t.dtype))};
  layout.dtype.lanes = 1;
  if (t.data == nullptr && layout.elements() > 0)
    throw std::invalid_argument(who + ": data is NULL");
  return layout;
}

Layout layout_of(const std::string& who, const assay_column& column) {
  if (column.strings == nullptr) return layout_of(who, column.data);
  if (column.data.ndim != 1)
    throw std::invalid_argument(who + ": a column of strings has one dimension");
  Layout layout{assay_dtype{0, 0, 1}, checked_shape(who, column.data, sizeof(char*))};
  for (int64_t i = 0; i < layout.shape[0]; ++i)
    if (column.strings[i] == nullptr)
      throw std::invalid_argument(who + ": string " + std::to_string(i) + " is NULL");
  return layout;
}

void copy_elements(const assay_tensor& t, const Layout& layout, std::byte* to) {
  const size_t bytes = layout.bytes();
  if (bytes == 0) return;
  const auto* from = static_cast<const std::byte*>(t.data) + t.byte_offset;
  if (is_row_major(t))
    std::memcpy(to, from, bytes);
  else
    copy_strided({t.shape, t.strides, t.ndim, element_bytes(t.dtype)}, 0, from, to);
}

assay_tensor tensor_over(const void* data, assay_dtype dtype, const std::vector<int64_t>& shape) {
  assay_tensor t{};
  t.data = const_cast<void*>(data);
  t.device = {ASSAY_CPU, 0};
  t.ndim = static_cast<int32_t>(shape.size());
  t.dtype = dtype;
  t.shape = shape.data();
  return t;
}

}  // namespace assay
