// Stored numbers as floats. Products and sums are rounded one by one (the file is compiled without
// contraction), so that the bits do not depend on the processor.
#include "plugins/common/kernel.hpp"
#include "plugins/common/weights/layout.hpp"

#include <array>
#include <bit>
#include <stdexcept>

namespace assay::weights {
namespace {

/// IEEE 754 binary16, without a branch: a subnormal number is the difference of two normal ones.
inline float half(uint16_t bits) {
  const uint32_t magnitude = uint32_t{bits & 0x7fffu} << 13, sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t exponent = magnitude & 0x0f800000u;
  const uint32_t normal = magnitude + (112u << 23);
  const uint32_t special = magnitude | 0x7f800000u;  // infinities and NaN
  const auto small = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude + (113u << 23)) -
                                             std::bit_cast<float>(113u << 23));
  const uint32_t value = exponent == 0 ? small : exponent == 0x0f800000u ? special : normal;
  return std::bit_cast<float>(value | sign);
}

inline float half_at(const uint8_t* at) { return half(read_as<uint16_t>(at)); }

ASSAY_KERNEL void decode_f16(const uint8_t* in, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = half_at(in + 2 * i);
}

ASSAY_KERNEL void decode_bf16(const uint8_t* in, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = std::bit_cast<float>(uint32_t{read_as<uint16_t>(in + 2 * i)} << 16);
}

template <class T>
void decode_plain(const uint8_t* in, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<float>(read_as<T>(in + i * static_cast<int64_t>(sizeof(T))));
}

// d, then 16 bytes: weights 0-15 in the low halves, 16-31 in the high ones. w = d (q - 8)
ASSAY_KERNEL void decode_q4_0(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 32; ++b, in += 18, out += 32) {
    const float d = half_at(in);
    for (int j = 0; j < 16; ++j) {
      out[j] = d * static_cast<float>((in[2 + j] & 15) - 8);
      out[j + 16] = d * static_cast<float>((in[2 + j] >> 4) - 8);
    }
  }
}

// d, m, then as q4_0. w = d q + m
ASSAY_KERNEL void decode_q4_1(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 32; ++b, in += 20, out += 32) {
    const float d = half_at(in), m = half_at(in + 2);
    for (int j = 0; j < 16; ++j) {
      out[j] = d * static_cast<float>(in[4 + j] & 15) + m;
      out[j + 16] = d * static_cast<float>(in[4 + j] >> 4) + m;
    }
  }
}

// d, 32 fifth bits, then as q4_0. w = d (q - 16)
ASSAY_KERNEL void decode_q5_0(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 32; ++b, in += 22, out += 32) {
    const float d = half_at(in);
    const auto fifth = read_as<uint32_t>(in + 2);
    for (uint32_t j = 0; j < 16; ++j) {
      const uint32_t low = (in[6 + j] & 15u) | (fifth >> j & 1u) << 4;
      const uint32_t high = uint32_t{in[6 + j]} >> 4 | (fifth >> (j + 16) & 1u) << 4;
      out[j] = d * static_cast<float>(static_cast<int>(low) - 16);
      out[j + 16] = d * static_cast<float>(static_cast<int>(high) - 16);
    }
  }
}

// d, m, 32 fifth bits, then as q4_0. w = d q + m
ASSAY_KERNEL void decode_q5_1(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 32; ++b, in += 24, out += 32) {
    const float d = half_at(in), m = half_at(in + 2);
    const auto fifth = read_as<uint32_t>(in + 4);
    for (uint32_t j = 0; j < 16; ++j) {
      const uint32_t low = (in[8 + j] & 15u) | (fifth >> j & 1u) << 4;
      const uint32_t high = uint32_t{in[8 + j]} >> 4 | (fifth >> (j + 16) & 1u) << 4;
      out[j] = d * static_cast<float>(static_cast<int>(low)) + m;
      out[j + 16] = d * static_cast<float>(static_cast<int>(high)) + m;
    }
  }
}

// d, then 32 signed bytes. w = d q
ASSAY_KERNEL void decode_q8_0(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 32; ++b, in += 34, out += 32) {
    const float d = half_at(in);
    for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(static_cast<int8_t>(in[2 + j]));
  }
}

// d, d_min, 12 bytes with eight 6-bit scales s and eight 6-bit minima m, then 128 bytes: of each
// 32, the low halves are one group of 32 weights and the high ones the next.
// w = (d s) q - (d_min m)
ASSAY_KERNEL void decode_q4_k(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 256; ++b, in += 144) {
    const float d = half_at(in), d_min = half_at(in + 2);
    const uint8_t* packed = in + 4;
    for (int g = 0; g < 8; ++g, out += 32) {
      const int k = g & 3, high = packed[k + 8];
      const int s = g < 4 ? packed[k] & 63 : (high & 15) | (packed[k] >> 2 & 48);
      const int m = g < 4 ? packed[k + 4] & 63 : high >> 4 | (packed[k + 4] >> 2 & 48);
      const float scale = d * static_cast<float>(s), minimum = d_min * static_cast<float>(m);
      const uint8_t* q = in + 16 + 32 * (g / 2);
      const int shift = 4 * (g & 1);
      for (int j = 0; j < 32; ++j)
        out[j] = scale * static_cast<float>(q[j] >> shift & 15) - minimum;
    }
  }
}

// 128 bytes of low halves, 64 of two high bits each, 16 signed scales s of 16 weights each, d.
// w = (d s) (q - 32)
ASSAY_KERNEL void decode_q6_k(const uint8_t* in, int64_t n, float* out) {
  for (int64_t b = 0; b < n / 256; ++b, in += 210) {
    const float d = half_at(in + 208);
    for (int g = 0; g < 8; ++g, out += 32) {  // 32 weights that share a shift
      const uint8_t *low = in + 64 * (g / 4) + 32 * (g & 1), *high = in + 128 + 32 * (g / 4);
      const int low_shift = 4 * (g / 2 & 1), high_shift = 2 * (g & 3);
      for (int part = 0; part < 2; ++part) {
        const float scale = d * static_cast<float>(static_cast<int8_t>(in[192 + 2 * g + part]));
        for (int j = 16 * part; j < 16 * part + 16; ++j) {
          const int q = (low[j] >> low_shift & 15) | (high[j] >> high_shift & 3) << 4;
          out[j] = scale * static_cast<float>(q - 32);
        }
      }
    }
  }
}

using Decoder = void (*)(const uint8_t*, int64_t, float*);

Decoder decoder_of(Type type) {
  switch (type) {
    case Type::f64: return decode_plain<double>;
    case Type::f32: return decode_plain<float>;
    case Type::f16: return decode_f16;
    case Type::bf16: return decode_bf16;
    case Type::i64: return decode_plain<int64_t>;
    case Type::i32: return decode_plain<int32_t>;
    case Type::i16: return decode_plain<int16_t>;
    case Type::i8: return decode_plain<int8_t>;
    case Type::u8:
    case Type::boolean: return decode_plain<uint8_t>;
    case Type::q4_0: return decode_q4_0;
    case Type::q4_1: return decode_q4_1;
    case Type::q5_0: return decode_q5_0;
    case Type::q5_1: return decode_q5_1;
    case Type::q8_0: return decode_q8_0;
    case Type::q4_k: return decode_q4_k;
    case Type::q6_k: return decode_q6_k;
    case Type::other: break;
  }
  return nullptr;
}

}  // namespace

void to_float(const Entry& entry, int64_t first, int64_t count, float* out) {
  const auto decode = decoder_of(entry.type);
  if (!decode)
    refuse(entry.path, "the tensor " + show_name(entry.name) + " is stored as " + entry.type_name +
                           "; what is read is F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, "
                           "Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K and Q6_K");
  const auto block = block_of(entry.type);
  const int64_t total = entry.count();
  if (first < 0 || count < 0 || first > total || count > total - first ||
      first % block.weights != 0 || count % block.weights != 0)
    throw std::invalid_argument("elements " + std::to_string(first) + " to " +
                                std::to_string(first + count) + " of " + show_name(entry.name) +
                                " were asked for, which has " + std::to_string(total) +
                                " in blocks of " + std::to_string(block.weights));
  if (count > 0) decode(entry.bytes.data() + first / block.weights * block.bytes, count, out);
}

}  // namespace assay::weights
