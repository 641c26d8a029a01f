#include "plugins/diffusion/kernels.hpp"

#include <cmath>
#include <cstring>

// One source, compiled for three machines: V is a vector of floats, kVectors how many of them a
// tile of the matrix products is wide, so that its sums fit the registers. Vectors are passed by
// reference, as their calling convention differs between machines.
#define ASSAY_INLINE __attribute__((always_inline)) static inline

namespace diffusion {
namespace {

typedef float V16 __attribute__((vector_size(64)));
typedef float V8 __attribute__((vector_size(32)));
typedef float V4 __attribute__((vector_size(16)));

template <class V>
constexpr int64_t kSize = sizeof(V) / sizeof(float);

template <class V>
ASSAY_INLINE void load(V& v, const float* from) {
  std::memcpy(&v, from, sizeof v);
}
template <class V>
ASSAY_INLINE void store(float* to, const V& v) {
  std::memcpy(to, &v, sizeof v);
}

ASSAY_INLINE float total(const V4& v) { return (v[0] + v[2]) + (v[1] + v[3]); }
ASSAY_INLINE float total(const V8& v) {
  V4 half[2];
  std::memcpy(half, &v, sizeof v);
  const V4 sum = half[0] + half[1];
  return total(sum);
}
ASSAY_INLINE float total(const V16& v) {
  V8 half[2];
  std::memcpy(half, &v, sizeof v);
  const V8 sum = half[0] + half[1];
  return total(sum);
}

/// kRows x kVectors sums: C += A B over k, where element (r, i) of A is a[r * row + i * step], and
/// rows of B and C are `across` and n apart.
template <class V, int kRows, int kVectors>
ASSAY_INLINE void tile(const float* a, int64_t row, int64_t step, const float* b, int64_t across,
                       float* c, int64_t k, int64_t n, bool add) {
  V sum[kRows][kVectors];
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v)
      if (add)
        load(sum[r][v], c + r * n + v * kSize<V>);
      else
        sum[r][v] = V{};
  for (int64_t i = 0; i < k; ++i, b += across, a += step) {
    V right[kVectors];
    for (int v = 0; v < kVectors; ++v) load(right[v], b + v * kSize<V>);
    for (int r = 0; r < kRows; ++r) {
      const float left = a[r * row];
      for (int v = 0; v < kVectors; ++v) sum[r][v] += right[v] * left;
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) store(c + r * n + v * kSize<V>, sum[r][v]);
}

template <class V, int kVectors>
ASSAY_INLINE void multiply_columns(const float* A, int64_t stride, const float* B, int64_t across,
                                   float* C, int64_t m, int64_t k, int64_t n, bool add) {
  for (int64_t r = 0; r < m; r += kTile)
    tile<V, kTile, kVectors>(A + r * stride, stride, 1, B, across, C + r * n, k, n, add);
}

template <class V, int kVectors>
ASSAY_INLINE void multiply(const float* A, int64_t stride, const float* B, float* C, int64_t m,
                           int64_t k, int64_t n, bool add) {
  for (int64_t first = 0; first < n; first += kPanel, B += kPanel * k) {
    const int64_t across = n - first < kPanel ? n - first : kPanel;
    int64_t j = 0;
    for (; j + kVectors * kSize<V> <= across; j += kVectors * kSize<V>)
      multiply_columns<V, kVectors>(A, stride, B + j, across, C + first + j, m, k, n, add);
    for (; j < across; j += kSize<V>)
      multiply_columns<V, 1>(A, stride, B + j, across, C + first + j, m, k, n, add);
  }
}

template <class V, int kVectors>
ASSAY_INLINE void transposed_panel(const float* A, int64_t stride, const float* B, float* C,
                                   int64_t m, int64_t k, int64_t n) {
  int64_t r = 0;
  for (; r + 4 <= k; r += 4) tile<V, 4, kVectors>(A + r, 1, stride, B, n, C + r * n, m, n, true);
  for (; r < k; ++r) tile<V, 1, kVectors>(A + r, 1, stride, B, n, C + r * n, m, n, true);
}

template <class V, int kVectors>
ASSAY_INLINE void multiply_transposed(const float* A, int64_t stride, const float* B, float* C,
                                      int64_t m, int64_t k, int64_t n) {
  int64_t j = 0;
  for (; j + kVectors * kSize<V> <= n; j += kVectors * kSize<V>)
    transposed_panel<V, kVectors>(A, stride, B + j, C + j, m, k, n);
  for (; j < n; j += kSize<V>) transposed_panel<V, 1>(A, stride, B + j, C + j, m, k, n);
}

/// Sets the columns from `width` on, all in the last kLanes of a row, to zero.
ASSAY_INLINE void clear_padding(const Norm& norm, float* row) {
  for (int64_t j = norm.width; j < norm.n; ++j) row[j] = 0;
}

/// With a constant n, a row stays in registers from the first loop to the last.
template <class V>
ASSAY_INLINE void norm_rows(const Norm& norm, int64_t n, const float* __restrict x,
                            const Extra& extra, int64_t m, float* __restrict normal,
                            float* __restrict inverse, float* __restrict y) {
  const float share = 1 / static_cast<float>(norm.width);
  const auto padding = static_cast<float>(n - norm.width);
  const float epsilon = norm.epsilon, slope = norm.slope;
  const float* __restrict gamma = norm.gamma, * __restrict beta = norm.beta;
  for (int64_t i = 0; i < m; ++i, x += n, y += n) {
    const float* __restrict more =
        extra.slot ? extra.rows + int64_t{extra.slot[i]} * n : extra.rows;
    // The mean; y holds the sum of the two rows meanwhile.
    V sum{}, v, w, g, b;
    for (int64_t j = 0; j < n; j += kSize<V>) {
      load(v, x + j);
      if (more) {
        load(w, more + j);
        v += w;
      }
      store(y + j, v);
      sum += v;
    }
    const float mean = total(sum) * share;
    // The deviation. Each column of padding adds mean^2 to the squares.
    V squares{};
    for (int64_t j = 0; j < n; j += kSize<V>) {
      load(v, y + j);
      v -= mean;
      store(y + j, v);
      squares += v * v;
    }
    const float variance = (total(squares) - padding * mean * mean) * share;
    const float scale = 1 / std::sqrt((variance > 0 ? variance : 0) + epsilon);
    for (int64_t j = 0; j < n; j += kSize<V>) {
      load(v, y + j);
      v *= scale;
      if (normal) store(normal + i * n + j, v);
      load(g, gamma + j);
      load(b, beta + j);
      v = v * g + b;
      w = v * slope;
      v = v > w ? v : w;
      store(y + j, v);
    }
    if (normal) {
      inverse[i] = scale;
      clear_padding(norm, normal + i * n);
    }
  }
}

template <class V>
ASSAY_INLINE void norm_back_rows(const Norm& norm, int64_t n, const float* __restrict normal,
                                 const float* __restrict inverse, int64_t m, float* __restrict dy,
                                 float* __restrict sums, float* __restrict dgamma,
                                 float* __restrict dbeta, float* __restrict dextra,
                                 const int32_t* __restrict slot) {
  const float share = 1 / static_cast<float>(norm.width), leak = norm.slope;
  const float* __restrict gamma = norm.gamma, * __restrict beta = norm.beta;
  for (int64_t i = 0; i < m; ++i, normal += n, dy += n) {
    // Back through the activation, the scale and the shift.
    V sum{}, sum_normal{}, d, v, g, b, s;
    for (int64_t j = 0; j < n; j += kSize<V>) {
      load(d, dy + j);
      load(v, normal + j);
      load(g, gamma + j);
      load(b, beta + j);
      const V before = v * g + b;
      s = d * leak;
      d = before > 0 ? d : s;
      load(s, dbeta + j);
      s += d;
      store(dbeta + j, s);
      load(s, dgamma + j);
      s += d * v;
      store(dgamma + j, s);
      d *= g;
      store(dy + j, d);
      sum += d;
      sum_normal += d * v;
    }
    // Back through the normalisation.
    const float mean = total(sum) * share, slope = total(sum_normal) * share;
    const float scale = inverse[i];
    for (int64_t j = 0; j < n; j += kSize<V>) {
      load(d, dy + j);
      load(v, normal + j);
      d = (d - mean - v * slope) * scale;
      store(dy + j, d);
    }
    clear_padding(norm, dy);
    float* __restrict to = sums ? sums + i * n : dextra ? dextra + int64_t{slot[i]} * n : nullptr;
    if (to)
      for (int64_t j = 0; j < n; j += kSize<V>) {
        load(d, dy + j);
        load(s, to + j);
        s += d;
        store(to + j, s);
      }
  }
}

template <class V>
ASSAY_INLINE void leaky_all(float* x, int64_t size, float slope) {
  V v, w;
  for (int64_t i = 0; i < size; i += kSize<V>) {
    load(v, x + i);
    w = v * slope;
    v = v > w ? v : w;
    store(x + i, v);
  }
}

template <class V>
ASSAY_INLINE void leaky_back_all(const float* y, float* dy, int64_t size, float slope) {
  V v, d, w;
  for (int64_t i = 0; i < size; i += kSize<V>) {
    load(v, y + i);
    load(d, dy + i);
    w = d * slope;
    d = v > 0 ? d : w;
    store(dy + i, d);
  }
}

template <class V>
ASSAY_INLINE void add_all_rows(const float* x, int64_t m, int64_t n, float* sums) {
  V s, v;
  for (int64_t j = 0; j < n; j += kSize<V>) {
    load(s, sums + j);
    for (int64_t i = 0; i < m; ++i) {
      load(v, x + i * n + j);
      s += v;
    }
    store(sums + j, s);
  }
}

ASSAY_INLINE void adam_all(const AdamStep& step, const float* gradient, int64_t size,
                           float* __restrict p, float* __restrict first, float* __restrict second) {
  for (int64_t i = 0; i < size; ++i) {
    const float g = gradient[i];
    const float m = first[i] = first[i] + (1 - step.beta1) * (g - first[i]);
    const float v = second[i] = step.beta2 * second[i] + (1 - step.beta2) * g * g;
    p[i] -= step.rate * m / (std::sqrt(v) / step.root_unbias2 + step.epsilon);
  }
}

// The set for a machine: wrappers that carry the machine's name into what they inline.
#define ASSAY_KERNELS(set, label, target, V, kVectors)                                             \
  struct set {                                                                                     \
    target static void multiply(const float* A, int64_t stride, const float* B, float* C,          \
                                int64_t m, int64_t k, int64_t n, bool add) {                       \
      if (add)                                                                                     \
        diffusion::multiply<V, kVectors>(A, stride, B, C, m, k, n, true);                          \
      else                                                                                         \
        diffusion::multiply<V, kVectors>(A, stride, B, C, m, k, n, false);                         \
    }                                                                                              \
    target static void multiply_transposed(const float* A, int64_t stride, const float* B,         \
                                           float* C, int64_t m, int64_t k, int64_t n) {            \
      diffusion::multiply_transposed<V, kVectors>(A, stride, B, C, m, k, n);                       \
    }                                                                                              \
    target static void norm(const Norm& about, const float* x, const Extra& extra, int64_t m,      \
                            float* normal, float* inverse, float* y) {                             \
      if (about.n == 64)                                                                           \
        norm_rows<V>(about, 64, x, extra, m, normal, inverse, y);                                  \
      else if (about.n == 128)                                                                     \
        norm_rows<V>(about, 128, x, extra, m, normal, inverse, y);                                 \
      else                                                                                         \
        norm_rows<V>(about, about.n, x, extra, m, normal, inverse, y);                             \
    }                                                                                              \
    target static void norm_back(const Norm& about, const float* normal, const float* inverse,     \
                                 int64_t m, float* dy, float* sums, float* dgamma, float* dbeta,   \
                                 float* dextra, const int32_t* slot) {                             \
      if (about.n == 64)                                                                           \
        norm_back_rows<V>(about, 64, normal, inverse, m, dy, sums, dgamma, dbeta, dextra, slot);   \
      else if (about.n == 128)                                                                     \
        norm_back_rows<V>(about, 128, normal, inverse, m, dy, sums, dgamma, dbeta, dextra, slot);  \
      else                                                                                         \
        norm_back_rows<V>(about, about.n, normal, inverse, m, dy, sums, dgamma, dbeta, dextra,     \
                          slot);                                                                   \
    }                                                                                              \
    target static void leaky(float* x, int64_t size, float slope) {                                \
      leaky_all<V>(x, size, slope);                                                                \
    }                                                                                              \
    target static void leaky_back(const float* y, float* dy, int64_t size, float slope) {          \
      leaky_back_all<V>(y, dy, size, slope);                                                       \
    }                                                                                              \
    target static void add_rows(const float* x, int64_t m, int64_t n, float* sums) {               \
      add_all_rows<V>(x, m, n, sums);                                                              \
    }                                                                                              \
    target static void adam(const AdamStep& step, const float* gradient, int64_t size, float* p,   \
                            float* first, float* second) {                                         \
      adam_all(step, gradient, size, p, first, second);                                            \
    }                                                                                              \
    static constexpr Kernels kernels{                                                              \
        label, multiply, multiply_transposed, norm, norm_back, leaky, leaky_back, add_rows, adam}; \
  };

ASSAY_KERNELS(Baseline, "baseline", , V4, 2)
#if defined(__x86_64__)
ASSAY_KERNELS(Avx2, "AVX2", __attribute__((target("avx2,fma"))), V8, 2)
ASSAY_KERNELS(Avx512, "AVX-512", __attribute__((target("avx512f,avx512vl,avx512dq,fma"))), V16, 4)
#endif

struct Available {
  const Kernels* list[3];
  int64_t count = 0;
  Available() {
#if defined(__x86_64__)
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
      list[count++] = &Avx512::kernels;
    if (avx2) list[count++] = &Avx2::kernels;
#endif
    list[count++] = &Baseline::kernels;
  }
};

const Available& available() {
  static const Available all;
  return all;
}

}  // namespace

void pack(const float* W, int64_t rows, int64_t columns, bool transpose, float* packed) {
  const int64_t n = transpose ? rows : columns, k = transpose ? columns : rows;
  for (int64_t first = 0; first < n; first += kPanel) {
    const int64_t across = n - first < kPanel ? n - first : kPanel;
    for (int64_t i = 0; i < k; ++i, packed += across)
      for (int64_t j = 0; j < across; ++j)
        packed[j] = transpose ? W[(first + j) * columns + i] : W[i * columns + first + j];
  }
}

const Kernels& kernels() { return *available().list[0]; }

int64_t available_kernels(const Kernels* const** list) {
  *list = available().list;
  return available().count;
}

}  // namespace diffusion
