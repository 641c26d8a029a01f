// What the loops of inference are written in: sixteen floats at a time, as compiler vectors, in
// bodies that are compiled for AVX-512, for AVX2 with FMA and for any processor. The program takes
// the best that it finds when it starts.
//
//   template <class Machine> [[gnu::always_inline]] inline void body(...);
//   ASSAY_MACHINES(void, name, (float* y, int64_t n), body, (y, n))
#pragma once
#include <cstdint>

#if defined(__x86_64__) && defined(__linux__)
#define ASSAY_WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define ASSAY_NARROW __attribute__((target("avx2,fma,f16c")))
#else
#define ASSAY_WIDE
#define ASSAY_NARROW
#endif

namespace assay::lm {

typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t Ints __attribute__((vector_size(64), aligned(4), may_alias));
typedef double Doubles __attribute__((vector_size(64), aligned(8), may_alias));
typedef float EightFloats __attribute__((vector_size(32), aligned(4), may_alias));
constexpr int64_t kLanes = 16;

/// How many registers a body may count on: `kAcross` rows of `kVectors` lanes in accumulators.
struct WideMachine {
  static constexpr int kAcross = 6, kVectors = 4, kTall = 12, kPair = 2, kSlim = 24;
};
struct NarrowMachine {
  static constexpr int kAcross = 6, kVectors = 1, kTall = 6, kPair = 1, kSlim = 6;
};

enum class Isa { baseline, narrow, wide };
inline Isa isa() {
#if defined(__x86_64__) && defined(__linux__)
  static const Isa found = [] {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
      return Isa::wide;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Isa::narrow
                                                                           : Isa::baseline;
  }();
  return found;
#else
  return Isa::baseline;
#endif
}

#define ASSAY_MACHINES(name, parameters, body, arguments)                       \
  ASSAY_WIDE void name##_wide parameters { body<WideMachine> arguments; }       \
  ASSAY_NARROW void name##_narrow parameters { body<NarrowMachine> arguments; } \
  void name##_baseline parameters { body<NarrowMachine> arguments; }            \
  void name parameters {                                                        \
    switch (isa()) {                                                            \
      case Isa::wide: return name##_wide arguments;                             \
      case Isa::narrow: return name##_narrow arguments;                         \
      case Isa::baseline: return name##_baseline arguments;                     \
    }                                                                           \
  }

/// Transposes 16 x 16 numbers, by halves of what is left to exchange.
[[gnu::always_inline]] inline void turn(Lanes* x) {
  for (int i = 0; i < 16; ++i)
    if (!(i & 1)) {
      const Lanes a = x[i], b = x[i + 1];
      x[i] =
          __builtin_shufflevector(a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
      x[i + 1] =
          __builtin_shufflevector(a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    }
  for (int i = 0; i < 16; ++i)
    if (!(i & 2)) {
      const Lanes a = x[i], b = x[i + 2];
      x[i] =
          __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      x[i + 2] =
          __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  for (int i = 0; i < 16; ++i)
    if (!(i & 4)) {
      const Lanes a = x[i], b = x[i + 4];
      x[i] =
          __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
      x[i + 4] =
          __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
    }
  for (int i = 0; i < 16; ++i)
    if (!(i & 8)) {
      const Lanes a = x[i], b = x[i + 8];
      x[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
      x[i + 8] = __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29,
                                         30, 31);
    }
}

/// x := exp(x) for x <= 88, to 2 units in the last place; 0 below -87, NaN of NaN (Cephes' expf).
[[gnu::always_inline]] inline void exp_in_place(Lanes& x) {
  const Lanes low = Lanes{} - 87.0f;
  const Ints dead = x < low;  // NaN is not
  const Lanes y = dead ? low : x;
  const Lanes magic = Lanes{} + 12582912.0f;  // 1.5 * 2^23: rounds to the nearest integer
  const Lanes shifted = y * 1.44269504088896341f + magic;
  const Lanes n = shifted - magic;
  const Lanes r = (y - n * 0.693359375f) + n * 2.12194440e-4f;
  Lanes p = Lanes{} + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  Ints bits;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4B400000 + 127) << 23;  // 2^n
  Lanes power;
  __builtin_memcpy(&power, &bits, sizeof power);
  x = dead ? Lanes{} : p * power;
}

}  // namespace assay::lm
