// NumPy's .npy format, versions 1 to 3: a magic string, a Python dictionary, the values.
#pragma once
#include "plugins/common/data/bytes.hpp"

namespace assay::data {

/// Row-major, little-endian values; a view of the bytes that it was parsed from.
struct NpyArray {
  char kind = 0;     // 'b' bool, 'u' unsigned, 'i' signed, 'f' float, as NumPy's dtype.kind
  int64_t item = 0;  // bytes a value
  std::vector<int64_t> shape;
  View values;
  std::string dtype() const;  // "float64"
};

/// Refuses, in one sentence each: another format, a cut-off file, Fortran order, big-endian values,
/// and dtypes that are not plain numbers.
NpyArray parse_npy(View bytes, const std::string& path);

/// What the head of a file says: an array without its values, and where they begin. For files that
/// are too large to hold; `bytes` need not reach beyond the header.
struct NpyHeader {
  NpyArray array;
  size_t values_at = 0;
};
NpyHeader parse_npy_header(View bytes, const std::string& path);
/// Malformed unless `bytes` is what the array's shape takes.
void check_npy_size(const NpyArray& array, uint64_t bytes, const std::string& path);

/// A value of a float array, of 2, 4 or 8 bytes, as float32.
float npy_float(const uint8_t* at, int64_t item);

/// A whole-number array (N,) of any integer type or bool. Malformed if it is of another kind or
/// rank, or if a value is not in 0 .. limit-1; `what` is the array's name in messages.
std::vector<int32_t> whole_numbers(const NpyArray& array, int64_t limit, const std::string& what,
                                   const std::string& path);

/// A float16/32/64 array as float32. Malformed if a value is not finite.
std::vector<float> finite_floats(const NpyArray& array, const std::string& what,
                                 const std::string& path);

}  // namespace assay::data
