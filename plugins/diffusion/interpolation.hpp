// Which samples lie outside the support of a mixture, and which of those between two neighbouring
// modes (Aithal et al. 2024, section 3).
#pragma once
#include "plugins/diffusion/mixture.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace diffusion {

/// Interpolated samples lie at most this share of an edge's length beside it.
constexpr double kCorridor = 0.1;
/// The gap of an edge: the middle of it, in which there is no true mass.
constexpr double kGapLo = 0.3, kGapHi = 0.7;

struct Edge {
  int64_t a, b;   // modes, a < b
  double length;  // their distance
};

/// Where a point lies along an edge: lambda is 0 at mode a and 1 at mode b, `beside` the distance
/// from the line through both.
struct Place {
  double lambda, beside;
};

struct Verdict {
  int64_t mode;       // the nearest
  double distance;    // from it
  bool hallucinated;  // distance > k_sigma sigma
  int64_t edge;       // interpolated: the edge whose corridor it is in, else -1
  double lambda;      // along that edge; NaN without one
};

/// Judges points by the mixture that they should come from. Hallucinated is the distance form of
/// the paper's q(x) <= epsilon: min_k |x - mu_k| > k_sigma sigma. Interpolated is hallucinated and,
/// for an edge (a, b) of the Gabriel graph, 0 < lambda < 1 with lambda = (x - a)(b - a) / |b -
/// a|^2, at most kCorridor |b - a| beside it; of several edges the one with the least distance
/// beside it counts.
class Interpolation {
 public:
  /// std::invalid_argument unless the mixture has a mode and a width, and k_sigma is positive.
  Interpolation(Mixture mixture, double k_sigma);

  const std::vector<Edge>& edges() const { return edges_; }
  Verdict judge(const double* x) const;  // x (d)
  Place place(const double* x, const Edge& edge) const;

  /// What share of hallucinated points would lie in corridors if they fell anywhere: of points
  /// uniform in the modes' bounding square (cube ...), outside the k_sigma discs. Of the first
  /// `points` of a sequence of low discrepancy (additive recurrence with the roots of
  /// x^(d+1) = x + 1), so within about 1e-3. NaN if no point lies outside.
  double uniform_corridor_share(int64_t points = 200'000) const;

 private:
  Mixture mixture_;
  double k_sigma_;
  std::vector<Edge> edges_;
};

}  // namespace diffusion
