// How far a set of samples is from a set of data, in the space of some features of theirs. Features
// are (N, d) tensors; everything is worked out in double.
#pragma once
#include "plugins/common/torch.hpp"

#include <cstdint>

namespace diffusion {

struct Moments {
  at::Tensor mean;        // (d,)
  at::Tensor covariance;  // (d, d), with N - 1
};
/// std::invalid_argument if there are fewer than two examples, or one is not finite.
Moments moments(const at::Tensor& features);

/// The squared Frechet distance of two Gaussians of these moments (Dowson and Landau 1982),
///   d^2 = |mu_a - mu_b|^2 + tr(Sigma_a + Sigma_b - 2 (Sigma_a^1/2 Sigma_b Sigma_a^1/2)^1/2),
/// by two symmetric eigendecompositions, eigenvalues below 0 taken as 0: it is defined also where
/// the covariances are singular, as with fewer examples than features. It has a positive bias of
/// order d / N: compare sets of equal size. std::invalid_argument if d differs.
///
/// This is the number called FID if, and only if, the features are those of the Inception network
/// that FID prescribes.
double frechet_distance(const Moments& a, const Moments& b);

/// Improved precision and recall (Kynkaanniemi et al. 2019): the share of samples that lie within
/// the distance of some data point to its k-th nearest other data point; and the same with samples
/// and data exchanged. Costs N^2 d. std::invalid_argument if a set has no more than k members.
struct Coverage {
  double precision, recall;
};
Coverage coverage(const at::Tensor& data, const at::Tensor& samples, int64_t k);

}  // namespace diffusion
