// Chains out of parameters.
#include "plugins/diffusion/source.hpp"

#include <stdexcept>

namespace diffusion {

int64_t Noise::limit(const Schedule& noise) const {
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
  return ddpm_chain(schedule, visited, variance == "fixed_large" ? variance : "fixed_small");
}

}  // namespace diffusion
