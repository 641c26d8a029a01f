// Matrices of inner products, and the two loops over them that take all the time of the linear
// theory. Each is compiled for AVX-512, AVX2 and the baseline and chosen when the plugin is loaded;
// on one machine the same input gives the same bits.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace ssft {

/// A block of a row-major matrix; borrowed.
struct Block {
  const double* data;
  size_t rows, columns, stride;
  const double* row(size_t i) const { return data + i * stride; }
};

/// The symmetric matrix G_ij = v_i . v_j of n vectors.
struct Gram {
  size_t n = 0;
  std::vector<double> values;  // (n, n)
  Block block(size_t row, size_t rows, size_t column, size_t columns) const {
    return {values.data() + row * n + column, rows, columns, n};
  }
};

/// out_i += sum_j c_j G_ji: what coefficients c over the rows' vectors do to the columns' margins.
/// One pass over G, which is the cost: 8 bytes for 2 operations.
void add_combination(const Block& g, std::span<const double> c, std::span<double> out);

/// Sums of outer products in tiles: G += z' z for the upper triangle of G, where z is
/// (rows, n_padded) and G (n_padded, n_padded); n_padded is a multiple of kTile.
constexpr size_t kTile = 16;
void add_products(const double* z, size_t rows, size_t n_padded, double* g);

}  // namespace ssft
