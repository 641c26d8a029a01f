// Convolution of a density with a Gaussian, by whichever way is good for its width.
#pragma once
#include "plugins/diffusion/density.hpp"

#include <ATen/core/Tensor.h>

namespace diffusion {

/// Narrow Gaussians, those of the last steps, are summed term by term: what lies between the modes
/// keeps its digits however little it is. Wide ones go through a Fourier transform (zero-padded, so
/// that nothing comes round), whose rounding leaves about 1e-17 in every cell; the last steps
/// sweep that to the modes.
class Smoother {
 public:
  /// widest: the largest sigma that will be asked for.
  Smoother(const Grid& grid, double widest);
  /// `density` lies on the grid. Mass that would leave the grid is lost.
  void spread(Density& density, double sigma);

 private:
  void spread_by_transform(Density& density, double sigma);

  at::Tensor padded_;   // (length,)
  at::Tensor squares_;  // (length / 2 + 1,): -frequency^2 / 2, in radians per unit length
};

}  // namespace diffusion
