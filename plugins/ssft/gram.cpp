#include "plugins/common/kernel.hpp"
#include "plugins/ssft/gram.hpp"

namespace ssft {

ASSAY_KERNEL void add_combination(const Block& g, std::span<const double> c,
                                  std::span<double> out) {
  double* __restrict to = out.data();
  size_t j = 0;
  for (; j + 8 <= g.rows; j += 8) {  // eight rows a pass, so that `to` is seldom read and written
    const double* __restrict g0 = g.row(j), * __restrict g1 = g.row(j + 1), * __restrict g2 = g.row(j + 2), * __restrict g3 = g.row(j + 3), * __restrict g4 = g.row(j + 4), * __restrict g5 = g.row(j + 5), * __restrict g6 = g.row(j + 6), * __restrict g7 = g.row(j + 7);
    const double* k = c.data() + j;
    for (size_t i = 0; i < g.columns; ++i)
      to[i] += ((k[0] * g0[i] + k[1] * g1[i]) + (k[2] * g2[i] + k[3] * g3[i])) +
               ((k[4] * g4[i] + k[5] * g5[i]) + (k[6] * g6[i] + k[7] * g7[i]));
  }
  for (; j < g.rows; ++j) {
    const double* __restrict row = g.row(j);
    for (size_t i = 0; i < g.columns; ++i) to[i] += c[j] * row[i];
  }
}

ASSAY_KERNEL void add_products(const double* z, size_t rows, size_t n_padded, double* g) {
  constexpr size_t kHeight = 4;
  for (size_t i = 0; i < n_padded; i += kHeight)
    for (size_t j = i / kTile * kTile; j < n_padded; j += kTile) {
      double tile[kHeight][kTile] = {};
      for (size_t k = 0; k < rows; ++k) {
        const double* __restrict row = z + k * n_padded;
        for (size_t a = 0; a < kHeight; ++a)
          for (size_t b = 0; b < kTile; ++b) tile[a][b] += row[i + a] * row[j + b];
      }
      for (size_t a = 0; a < kHeight; ++a)
        for (size_t b = 0; b < kTile; ++b) g[(i + a) * n_padded + j + b] += tile[a][b];
    }
}

}  // namespace ssft
