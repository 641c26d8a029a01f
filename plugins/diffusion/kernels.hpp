// The loops of the fused decoder over contiguous, row-major float arrays: small matrix products
// that never leave the cache, and what lies between them. No LibTorch. Every row of an answer is
// made by the same operations in the same order, wherever it lies: its bits depend on its own
// inputs alone.
//
// Arrays of m rows have room for m rounded up to kTile; the rows beyond m are computed too and mean
// nothing. Widths n are multiples of kLanes; columns beyond the network's are zeros and stay so.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace diffusion {

/// Memory that starts where a cache line does: no load of kLanes floats then touches two.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(size_t n) {
    return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, size_t) { ::operator delete(p, std::align_val_t{64}); }
  bool operator==(const LineAllocator&) const { return true; }
};
using Floats = std::vector<float, LineAllocator<float>>;

constexpr int64_t kTile = 6, kLanes = 16;
constexpr int64_t padded(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/// The right side of a product, (k, n) floats, as its loops read it: panels of kPanel columns, each
/// row by row; the last one may be narrower.
constexpr int64_t kPanel = 64;
/// Packs W (rows, columns), or its transpose, as (k, n).
void pack(const float* W, int64_t rows, int64_t columns, bool transpose, float* packed);

/// Rows that are added to those of an array: row slot[i] of `rows` to row i, or, without slots, the
/// one row to all.
struct Extra {
  const float* rows = nullptr;
  const int32_t* slot = nullptr;
};

/// A layer norm over `width` of n columns, then leaky ReLU unless slope is 1.
struct Norm {
  const float *gamma, *beta;
  int64_t width, n;
  float slope, epsilon;
};

struct AdamStep {
  float beta1, beta2, rate, root_unbias2, epsilon;  // rate: over 1 - beta1^k; root: of 1 - beta2^k
};

/// One set for each kind of processor.
struct Kernels {
  const char* name;
  /// C (m, n) = A (m, k) B (k, n), B packed, or C += with `add`. Rows of A are `stride` apart.
  void (*multiply)(const float* A, int64_t stride, const float* B, float* C, int64_t m, int64_t k,
                   int64_t n, bool add);
  /// C (k, n) += A (m, k)^T B (m, n). Reads m rows, no more.
  void (*multiply_transposed)(const float* A, int64_t stride, const float* B, float* C, int64_t m,
                              int64_t k, int64_t n);
  /// y (m, n) = leaky(LN(x + extra)). Keeps the normalised x and 1 / its deviation for the way
  /// back unless `normal` is null.
  void (*norm)(const Norm& norm, const float* x, const Extra& extra, int64_t m, float* normal,
               float* inverse, float* y);
  /// From dy (m, n) to the gradient of x, in its place; adds to dgamma and dbeta (n,), and the
  /// gradient of x to row i of `sums` or to row slot[i] of `dextra`, if there are such.
  void (*norm_back)(const Norm& norm, const float* normal, const float* inverse, int64_t m,
                    float* dy, float* sums, float* dgamma, float* dbeta, float* dextra,
                    const int32_t* slot);
  /// x = leaky(x), and the way back from y = leaky(x): dy becomes dx.
  void (*leaky)(float* x, int64_t size, float slope);
  void (*leaky_back)(const float* y, float* dy, int64_t size, float slope);
  /// sums (n,) += the rows of x (m, n).
  void (*add_rows)(const float* x, int64_t m, int64_t n, float* sums);
  /// Kingma and Ba's algorithm 1 on p, first and second moment; size is a multiple of kLanes.
  void (*adam)(const AdamStep& step, const float* gradient, int64_t size, float* p, float* first,
               float* second);
};

/// Of this processor: AVX-512, AVX2 with FMA, or the compiler's baseline.
const Kernels& kernels();
/// All that this processor can run, the best first; for tests.
int64_t available_kernels(const Kernels* const** list);

}  // namespace diffusion
