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

/// The timesteps that a chain of about `count` steps visits, ascending, out of 0 .. limit-1:
///   linear      0, s, 2s, ... with s = floor(limit / count): more than count if it does not divide
///   quadratic   round(linspace(0, sqrt(0.8 limit), count)^2), halves to even
///   respace     `count` in one section, as the image repositories do: stride (limit-1)/(count-1)
/// std::invalid_argument if count is not in 1 .. limit, or timesteps coincide.
std::vector<int64_t> subsequence(const std::string& rule, int64_t limit, int64_t count);

/// DDPM on every timestep below `limit` (Ho et al., algorithm 2), from the noisiest down.
/// variance: fixed_large (beta) or fixed_small (the posterior's).
std::vector<Step> ddpm_chain(const Schedule& schedule, int64_t limit, const std::string& variance);

/// DDIM (Song et al., eq. 12) on the visited timesteps, from the noisiest down. eta 0 is
/// deterministic; 1 is DDPM with fixed_small on the subsequence.
std::vector<Step> ddim_chain(const Schedule& schedule, const std::vector<int64_t>& visited,
                             double eta);

}  // namespace diffusion
