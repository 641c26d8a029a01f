// Curves that a law and a noise make up: for checks of the fit, never for results.
#pragma once
#include "plugins/qqt/unions.hpp"

#include <vector>

namespace qqt {

/// What is measured of each pool.
struct Design {
  std::vector<double> epochs{2, 4, 6, 8, 10};  // of its own samples; the paper's evaluations
  double noise_sd = 0.0024;                    // of one error; the paper's residuals
  int64_t repeats = 1;                         // seeds
};

/// Curves of every pool and control of the laws, and of the unions, with normal noise drawn from
/// `draws`. Errors are cut to [0, 1]. With one repetition points have no seed.
std::vector<Curve> simulate(const Laws& laws, const std::vector<Candidate>& unions,
                            const Design& design, assay::Stream& draws);

/// A standard normal draw.
double normal(assay::Stream& draws);

}  // namespace qqt
