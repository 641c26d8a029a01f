// A sampler as a list of steps, each of them linear in x and the predicted noise:
//   x0^ = from_x x + from_eps eps,     x <- keep x + move eps + sigma z.
// DDPM, DDIM with any eta, and chains that skip timesteps differ in these numbers alone.
#pragma once
#include "plugins/diffusion/schedule.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

struct Step {
  int64_t t;                // of the training chain: what the network is told
  double from_x, from_eps;  // of the predicted clean sample
  double keep, move, sigma;
};

/// 0 .. limit-1.
std::vector<int64_t> every_timestep(int64_t limit);

/// The timesteps that a chain of about `count` steps visits, ascending, out of 0 .. limit-1:
///   linear      0, s, 2s, ... with s = floor(limit / count): more than count if it does not divide
///   quadratic   round(linspace(0, sqrt(0.8 limit), count)^2), halves to even
///   respace     the image repositories' "N": running sums of (limit-1) / (count-1), halves to even
///   ddim        their "ddimN": the smallest stride s for which 0, s, 2s, ... are `count` timesteps
/// std::invalid_argument if count is not in 1 .. limit, timesteps coincide, or no stride fits.
std::vector<int64_t> visited_timesteps(const std::string& rule, int64_t limit, int64_t count);

/// DDPM (Ho et al., algorithm 2) on the visited timesteps, from the noisiest down. variance:
/// fixed_large (beta) or fixed_small (the posterior's), of the respaced chain. The last step, to
/// the clean sample, adds no noise. std::invalid_argument if alpha is 0 at a visited timestep.
std::vector<Step> ddpm_chain(const Schedule& schedule, const std::vector<int64_t>& visited,
                             const std::string& variance);

/// DDIM (Song et al., eq. 12) on the visited timesteps, from the noisiest down. eta 0 is
/// deterministic; 1 is DDPM with fixed_small on the same timesteps.
std::vector<Step> ddim_chain(const Schedule& schedule, const std::vector<int64_t>& visited,
                             double eta);

}  // namespace diffusion
