#include "plugins/common/lm/packed_weight.hpp"
#include "plugins/common/lm/simd.hpp"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASSAY_AMX                                                                   \
  __attribute__((                                                                   \
      target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma," \
             "f16c,avx2")))

// x in tiles of 16 rows by 32 inputs: (chunks of 32 rows, depth blocks, 2 parts, 2 tiles, 16, 32).
namespace assay::lm {
namespace {

constexpr int64_t kTile = 16 * 32;  // bfloat16 numbers of a tile
constexpr int64_t kChunk = 32;      // rows of x at a time

struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// A block's weights as bfloat16, in the order of its codes.
ASSAY_AMX inline void expand(const PackedBlock& block, uint16_t* to) {
  const __m512i first = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
  const auto half = [](const uint16_t* x) __attribute__((target("avx512f,avx512vl,avx2"))) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(x)));
  };
  const __m512 step = half(block.step), least = half(block.least);
  const __m512 step0 = _mm512_permutexvar_ps(first, step),
               step1 = _mm512_permutexvar_ps(second, step);
  const __m512 least0 = _mm512_permutexvar_ps(first, least),
               least1 = _mm512_permutexvar_ps(second, least);
  for (int64_t k = 0; k < kDepth / 2; ++k) {
    const auto* codes = reinterpret_cast<const __m128i*>(block.codes[k]);
    const __m512 a = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(codes)));
    const __m512 b = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(codes + 1)));
    const __m512bh both =
        _mm512_cvtne2ps_pbh(_mm512_fmadd_ps(b, step1, least1), _mm512_fmadd_ps(a, step0, least0));
    std::memcpy(to + k * 32, &both, sizeof both);
  }
}

/// Two groups of columns, expanded (deep, 2, tile), times a chunk of `tiles` tiles of rows.
ASSAY_AMX void multiply_chunk(const uint16_t* weights, const uint16_t* x, int64_t deep,
                              bool two_tiles, float* sums) {
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  for (int64_t d = 0; d < deep; ++d, weights += 2 * kTile, x += 4 * kTile) {
    _tile_loadd(4, weights, 64);
    _tile_loadd(5, weights + kTile, 64);
    for (int64_t part = 0; part < 2; ++part) {
      _tile_loadd(6, x + part * 2 * kTile, 64);
      _tile_dpbf16ps(0, 6, 4);
      _tile_dpbf16ps(1, 6, 5);
      if (!two_tiles) continue;
      _tile_loadd(7, x + (part * 2 + 1) * kTile, 64);
      _tile_dpbf16ps(2, 7, 4);
      _tile_dpbf16ps(3, 7, 5);
    }
  }
  _tile_stored(0, sums, 128);  // (rows, 32 columns)
  _tile_stored(1, sums + 16, 128);
  if (!two_tiles) return;
  _tile_stored(2, sums + 16 * 32, 128);
  _tile_stored(3, sums + 16 * 32 + 16, 128);
}

ASSAY_AMX void columns_of(const PackedWeight& weight, const uint16_t* x, int64_t rows,
                          int64_t first, int64_t last, const float* bias, float* y, int64_t stride,
                          uint16_t* expanded) {
  const TileConfig config;
  _tile_loadconfig(&config);
  const int64_t deep = weight.deep(), chunk = deep * 4 * kTile;
  for (int64_t g = first; g < last; g += 2) {
    const int64_t groups = std::min<int64_t>(2, last - g);
    for (int64_t d = 0; d < deep; ++d)
      for (int64_t i = 0; i < groups; ++i) {
        const auto* block = weight.group(g + i) + d;
        for (int64_t ahead = 0; ahead < 9; ++ahead)
          _mm_prefetch(reinterpret_cast<const char*>(block + 8) + 64 * ahead, _MM_HINT_T0);
        expand(*block, expanded + (2 * d + i) * kTile);
      }
    const int64_t column = (g - first) * kGroup;
    const int64_t width = std::min(groups * kGroup, weight.out - g * kGroup);
    for (int64_t row = 0; row < rows; row += kChunk) {
      const int64_t count = std::min(kChunk, rows - row);
      alignas(64) float sums[kChunk * 32];
      multiply_chunk(expanded, x + row / kChunk * chunk, deep, count > 16, sums);
      for (int64_t m = 0; m < count; ++m) {
        float* to = y + (row + m) * stride + column;
        if (bias)
          for (int64_t n = 0; n < width; ++n) to[n] = sums[m * 32 + n] + bias[column + n];
        else
          std::memcpy(to, sums + m * 32, static_cast<size_t>(width) * sizeof(float));
      }
    }
  }
  _tile_release();
}

ASSAY_AMX void split_tiles(const float* x, int64_t rows, int64_t in, int64_t deep, uint16_t* to) {
  for (int64_t row = 0; row < rows; ++row) {
    uint16_t* chunk =
        to + row / kChunk * deep * 4 * kTile + row % kChunk / 16 * kTile + row % 16 * 32;
    for (int64_t d = 0; d < deep; ++d)
      for (int64_t k = 0; k < 32; k += 16) {
        const int64_t left = in - d * 32 - k;
        const __mmask16 some = left >= 16 ? 0xFFFF : left > 0 ? (1u << left) - 1 : 0;
        const __m512 value = _mm512_maskz_loadu_ps(some, x + row * in + d * 32 + k);
        const __m256bh high = _mm512_cvtneps_pbh(value);
        __m256i bits;
        std::memcpy(&bits, &high, sizeof bits);
        const __m512 rounded =
            _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
        const __m256bh low = _mm512_cvtneps_pbh(_mm512_sub_ps(value, rounded));
        std::memcpy(chunk + d * 4 * kTile + k, &high, sizeof high);
        std::memcpy(chunk + d * 4 * kTile + 2 * kTile + k, &low, sizeof low);
      }
  }
}

}  // namespace

bool has_amx() {
  static const bool found = [] {
    unsigned a = 7, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    const bool tiles = (d >> 24 & 1) && (d >> 22 & 1);
    unsigned a1 = 7, b1 = 0, c1 = 1, d1 = 0;
    __asm__("cpuid" : "+a"(a1), "=b"(b1), "+c"(c1), "=d"(d1));
    const bool bf16 = a1 >> 5 & 1;                     // AVX512_BF16
    constexpr long kRequest = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return tiles && bf16 && isa() == Isa::wide && syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
  }();
  return found;
}

at::Tensor split_rows(const at::Tensor& x) {
  const int64_t rows = x.size(0), in = x.size(1), deep = (in + kDepth - 1) / kDepth;
  const auto tiles = at::empty({(rows + kChunk - 1) / kChunk * deep * 4 * kTile}, at::kShort);
  auto* to = reinterpret_cast<uint16_t*>(tiles.mutable_data_ptr<int16_t>());
  if (rows % kChunk) {  // rows that there are not
    const int64_t last = rows / kChunk * deep * 4 * kTile;
    std::memset(to + last, 0, static_cast<size_t>(deep * 4 * kTile) * sizeof(uint16_t));
  }
  split_tiles(x.const_data_ptr<float>(), rows, in, deep, to);
  return tiles;
}

void multiply_amx(const PackedWeight& weight, const at::Tensor& split, int64_t rows, int64_t first,
                  int64_t last, const float* bias, float* y, int64_t stride) {
  // Sixteen columns of zeros stand for a second group that is not there.
  const auto expanded = at::zeros({weight.deep() * 2 * kTile}, at::kShort);
  columns_of(weight, reinterpret_cast<const uint16_t*>(split.const_data_ptr<int16_t>()), rows,
             first, last, bias, y, stride,
             reinterpret_cast<uint16_t*>(expanded.mutable_data_ptr<int16_t>()));
}

}  // namespace assay::lm
#else
namespace assay::lm {

bool has_amx() { return false; }
at::Tensor split_rows(const at::Tensor& x) { return x; }
void multiply_amx(const PackedWeight&, const at::Tensor&, int64_t, int64_t, int64_t, const float*,
                  float*, int64_t) {}

}  // namespace assay::lm
#endif
