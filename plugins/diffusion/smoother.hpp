// Convolution of a density with a Gaussian, by whichever way is good for its width.
#pragma once
#include "plugins/diffusion/density.hpp"
#include "plugins/diffusion/fourier.hpp"

#include <vector>

namespace diffusion {

/// Narrow Gaussians, those of the last steps, are summed term by term: what lies between the modes
/// keeps its digits however little it is. Wide ones go through a Fourier transform (zero-padded by
/// 8 sigma, so that nothing comes round), whose rounding leaves about 1e-17 in every cell; the last
/// steps sweep that to the modes.
class Smoother {
 public:
  /// widest: the largest sigma that will be asked for.
  Smoother(const Grid& grid, double widest);
  /// `density` lies on the grid. Mass that would leave the grid is lost.
  void spread(Density& density, double sigma);

 private:
  Fourier fourier_;
  std::vector<double> padded_, gain_;
};

}  // namespace diffusion
