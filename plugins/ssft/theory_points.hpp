// The data of the linear theory: Gaussian points of a majority, of mislabelled and of rare ones.
#pragma once
#include "plugins/ssft/gram.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ssft {

/// In d dimensions, with true label y* = +-1 (each with probability 1/2), given label y, unit
/// vectors e1, e2, and z ~ N(0, I / d):
///   majority     x = y* mu e1 + z,  y = y*
///   mislabelled  x = y* mu e1 + z,  y = -y*
///   rare         x = z (singleton), or x = y* mu e2 + z (group: it has a direction of its own)
struct PointsOptions {
  int64_t d = 8000;
  int64_t n_majority = 180, n_mislabelled = 20, n_rare = 60;
  double mu = 0.5;
  bool rare_group = false;
  int64_t n() const { return n_majority + n_mislabelled + n_rare; }
};

/// A draw of n points: majority first, then mislabelled, then rare.
class Points {
 public:
  /// `key` decides everything random. std::invalid_argument if a kind has no point, d < 2 or mu is
  /// not finite.
  Points(const PointsOptions& options, uint64_t key);

  size_t n() const { return label_.size(); }
  size_t dimensions() const { return static_cast<size_t>(options_.d); }
  int label(size_t i) const { return label_[i]; }
  /// y x of point i, (d,): training and margins depend on x through this alone.
  std::vector<double> signed_point(size_t i) const;
  /// Coordinates first, first + 1, ... of y x of all points: z[k * stride + i] for point i; `first`
  /// and `count` are even, coordinates from d on are 0.
  void coordinates(size_t first, size_t count, size_t stride, double* z) const;

 private:
  PointsOptions options_;
  uint64_t key_;
  std::vector<int> label_;
};

/// G over the points of A, then of B: y_i y_j x_i . x_j. O((n_A + n_B)^2 d).
Gram gram_matrix(const Points& a, const Points& b);

}  // namespace ssft
