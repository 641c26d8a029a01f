#include "core/archive/array.hpp"
#include "core/base/error.hpp"

#include <bit>
#include <cstring>

namespace assay {
namespace {

double from_f16(uint16_t h) {
  const uint32_t sign = uint32_t{h} >> 15, exponent = (h >> 10) & 31U, fraction = h & 1023U;
  double x;
  if (exponent == 0)
    x = fraction * 0x1p-24;
  else if (exponent == 31)
    x = fraction == 0 ? std::bit_cast<double>(0x7ff0000000000000ULL)
                      : std::bit_cast<double>(0x7ff8000000000000ULL);
  else
    x = std::bit_cast<float>(((exponent + 112) << 23) | (fraction << 13));
  return sign != 0 ? -x : x;
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T8, class T16, class T32, class T64>
double load_integer(const std::byte* at, unsigned bits) {
  switch (bits) {
    case 8: return static_cast<double>(load<T8>(at));
    case 16: return static_cast<double>(load<T16>(at));
    case 32: return static_cast<double>(load<T32>(at));
    default: return static_cast<double>(load<T64>(at));
  }
}

}  // namespace

size_t element_bytes(assay_dtype dtype) { return dtype.bits / 8U; }

std::string dtype_name(assay_dtype dtype) {
  if (dtype.bits == 0) return "string";
  const std::string bits = std::to_string(dtype.bits);
  switch (dtype.code) {
    case ASSAY_DT_INT: return "i" + bits;
    case ASSAY_DT_UINT: return "u" + bits;
    case ASSAY_DT_FLOAT: return "f" + bits;
    case ASSAY_DT_BFLOAT: return "bf" + bits;
    case ASSAY_DT_BOOL: return "bool";
    default: return "type" + std::to_string(dtype.code) + "_" + bits;
  }
}

size_t Array::elements() const {
  size_t n = 1;
  for (const int64_t d : shape) n *= static_cast<size_t>(d);
  return n;
}

double Array::number(size_t i) const {
  if (is_strings()) throw Failure("a string was asked for as a number");
  const std::byte* at = bytes.data() + i * element_bytes(dtype);
  switch (dtype.code) {
    case ASSAY_DT_INT: return load_integer<int8_t, int16_t, int32_t, int64_t>(at, dtype.bits);
    case ASSAY_DT_FLOAT:
      if (dtype.bits == 16) return from_f16(load<uint16_t>(at));
      return dtype.bits == 32 ? static_cast<double>(load<float>(at)) : load<double>(at);
    case ASSAY_DT_BFLOAT:
      return static_cast<double>(std::bit_cast<float>(uint32_t{load<uint16_t>(at)} << 16));
    default: return load_integer<uint8_t, uint16_t, uint32_t, uint64_t>(at, dtype.bits);
  }
}

std::vector<double> Array::numbers() const {
  const size_t n = elements();
  std::vector<double> out(n);
  if (!is_strings() && dtype.code == ASSAY_DT_FLOAT && dtype.bits == 64) {
    if (n > 0) std::memcpy(out.data(), bytes.data(), n * sizeof(double));
    return out;
  }
  for (size_t i = 0; i < n; ++i) out[i] = number(i);
  return out;
}

}  // namespace assay
