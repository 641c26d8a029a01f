// Chains out of parameters.
#include "plugins/diffusion/source.hpp"

#include <stdexcept>

namespace diffusion {

int64_t ChainNoise::limit(const Schedule& noise) const {
  if (t_max > noise.timesteps())
    throw std::invalid_argument("t_max = " + std::to_string(t_max) +
                                " exceeds timesteps = " + std::to_string(noise.timesteps()));
  if (t_max < 0) return noise.first_below(1e-5);
  return t_max == 0 ? noise.timesteps() : t_max;
}

std::vector<Step> Walk::chain(const Schedule& schedule, int64_t limit,
                              const std::string& variance) const {
  const auto visited =
      chain_steps == 0 ? every_timestep(limit) : visited_timesteps(subsequence, limit, chain_steps);
  if (sampler == "ddim") return ddim_chain(schedule, visited, eta);
  if (variance == "learned" && static_cast<int64_t>(visited.size()) < limit)
    throw std::invalid_argument(
        "a learned variance is of a step from one timestep to the next, and this chain visits " +
        std::to_string(visited.size()) + " of " + std::to_string(limit) +
        " timesteps; set chain_steps = 0, variance to fixed_large or fixed_small, or sampler = "
        "\"ddim\"");
  return ddpm_chain(schedule, visited, variance == "fixed_large" ? variance : "fixed_small");
}

}  // namespace diffusion
