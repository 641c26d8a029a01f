#include "plugins/common/lm/packed_weight.hpp"
#include "plugins/common/lm/simd.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASSAY_AMX                                                                   \
  __attribute__((                                                                   \
      target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma," \
             "f16c,avx2")))

// x in tiles of up to 16 rows by 32 inputs: (tiles of rows, depth blocks, 2 parts, rows, 32). The
// last tile has as many rows as are left, and is multiplied as such.
namespace assay::lm {
namespace {

constexpr int64_t kTile = 16 * 32;  // bfloat16 numbers of a tile
constexpr int64_t kTall = 16;       // rows of x in a tile
constexpr int64_t kRing = 8;        // depth blocks whose weights are kept if they are used once
constexpr int64_t kAhead = 8;       // depth blocks from memory to the cache

/// Tiles 0-3: sums, 4-5: weights, 6-7: `rows` rows of x.
struct TileConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16];

  explicit TileConfig(int64_t tall) {
    for (int i = 0; i < 16; ++i) rows[i] = i == 4 || i == 5 ? 16 : i < 8 ? uint8_t(tall) : 0;
  }
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

/// Two groups of columns times one tile of rows. The weights are in `expanded`, (deep, 2, tile), or
/// are put there on the way: in all of it, or in the `ring` depth blocks that it has. sums (rows,
/// 32).
///
/// The two parts of x have sums of their own, that a product need not wait for the one before.
template <bool kExpand>
ASSAY_AMX inline void multiply_tile(const PackedBlock* const* blocks, const uint16_t* x,
                                    int64_t rows, int64_t deep, int64_t ring, uint16_t* expanded,
                                    float* sums) {
  _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
  for (int64_t d = 0, at = 0; d < deep; ++d, at = at + 1 == ring ? 0 : at + 1) {
    uint16_t* weights = expanded + at * 2 * kTile;
    if (kExpand)
      for (int64_t i = 0; i < 2; ++i) {
        // In this pair of groups or the next, which lies behind both of this one.
        const int64_t next = d + kAhead < deep ? d + kAhead : d + kAhead + deep;
        const auto* ahead = reinterpret_cast<const char*>(blocks[i] + next);
        for (int64_t line = 0; line < int64_t{sizeof(PackedBlock)}; line += 64)
          _mm_prefetch(ahead + line, _MM_HINT_T0);
        expand(blocks[i][d], weights + i * kTile);
      }
    _tile_loadd(4, weights, 64);
    _tile_loadd(5, weights + kTile, 64);
    _tile_loadd(6, x + (2 * d) * rows * 32, 64);
    _tile_loadd(7, x + (2 * d + 1) * rows * 32, 64);
    _tile_dpbf16ps(0, 6, 4);
    _tile_dpbf16ps(1, 6, 5);
    _tile_dpbf16ps(2, 7, 4);
    _tile_dpbf16ps(3, 7, 5);
  }
  alignas(64) float low[kTall * 32];
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + 16, 128);
  _tile_stored(2, low, 128);
  _tile_stored(3, low + 16, 128);
  for (int64_t i = 0; i < rows * 32; i += 16)
    _mm512_storeu_ps(sums + i, _mm512_add_ps(_mm512_loadu_ps(sums + i), _mm512_loadu_ps(low + i)));
}

/// Columns of the groups [first, last), first of full tiles of rows, then of the one that is not.
ASSAY_AMX void columns_of(const PackedWeight& weight, const uint16_t* x, int64_t rows,
                          int64_t first, int64_t last, const float* bias, float* y, int64_t stride,
                          uint16_t* expanded) {
  const int64_t deep = weight.deep(), ring = rows > kTall ? deep : std::min(kRing, deep);
  const TileConfig full(kTall), rest(rows % kTall);
  _tile_loadconfig(rows < kTall ? &rest : &full);
  const bool changes = rows > kTall && rows % kTall;
  for (int64_t g = first; g < last; g += 2) {
    const int64_t groups = std::min<int64_t>(2, last - g);
    // A second group that is not there is the first again, and is not written.
    const PackedBlock* blocks[2] = {weight.group(g), weight.group(g + groups - 1)};
    const int64_t column = (g - first) * kGroup;
    const int64_t width = std::min(groups * kGroup, weight.out - g * kGroup);
    if (changes && g > first) _tile_loadconfig(&full);
    for (int64_t row = 0; row < rows; row += kTall) {
      const int64_t count = std::min(kTall, rows - row);
      if (changes && count < kTall) _tile_loadconfig(&rest);
      alignas(64) float sums[kTall * 32];
      const auto* tiles = x + row * deep * 2 * 32;
      if (row == 0)
        multiply_tile<true>(blocks, tiles, count, deep, ring, expanded, sums);
      else
        multiply_tile<false>(blocks, tiles, count, deep, ring, expanded, sums);
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
    const int64_t first = row / kTall * kTall, tall = std::min(kTall, rows - first);
    uint16_t* tiles = to + first * deep * 2 * 32 + (row - first) * 32;
    for (int64_t d = 0; d < deep; ++d, tiles += 2 * tall * 32)
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
        std::memcpy(tiles + k, &high, sizeof high);
        std::memcpy(tiles + tall * 32 + k, &low, sizeof low);
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
  const auto tiles = at::empty({rows * deep * 2 * 32}, at::kShort);
  split_tiles(x.const_data_ptr<float>(), rows, in, deep,
              reinterpret_cast<uint16_t*>(tiles.mutable_data_ptr<int16_t>()));
  return tiles;
}

void multiply_amx(const PackedWeight& weight, const at::Tensor& split, int64_t rows, int64_t first,
                  int64_t last, const float* bias, float* y, int64_t stride) {
  struct alignas(64) Line {
    uint16_t numbers[32];
  };
  thread_local std::vector<Line> scratch;
  const auto lines = static_cast<size_t>(weight.deep() * 2 * kTile / 32);
  if (scratch.size() < lines) scratch.resize(lines);
  columns_of(weight, reinterpret_cast<const uint16_t*>(split.const_data_ptr<int16_t>()), rows,
             first, last, bias, y, stride, scratch.data()->numbers);
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
