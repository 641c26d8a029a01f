// Where samples come from: the model, or the true score of the data's mixture, and its chain.
#pragma once
#include "plugins/diffusion/chain.hpp"
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/denoiser.hpp"

#include <assay/plugin.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace diffusion {

/// The parameters of the noise of a chain that no model comes with.
struct Noise {
  int64_t timesteps = 1000;
  std::string schedule = "linear";
  double beta_start = 0.001, beta_end = 0.2;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("timesteps", &M::timesteps, "T, the length of the training chain").min(1).max(100000);
    s.param("schedule", &M::schedule, "how the noise beta grows with t")
        .choices(
            {"linear", "quad", "warmup10", "warmup50", "const", "jsd", "cosine", "linear_scaled"});
    s.param("beta_start", &M::beta_start, "beta at t = 0, for schedules that have ends")
        .above(0)
        .below(1);
    s.param("beta_end", &M::beta_end, "beta at t = T - 1").above(0).below(1);
  }

  Schedule make() const { return make_schedule(schedule, timesteps, beta_start, beta_end); }
};

/// The same, and where the chain starts.
struct ChainNoise : Noise {
  int64_t t_max = 0;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    Noise::describe(s);
    s.param("t_max", &M::t_max,
            "the chain starts below this timestep, as if x were pure noise there; 0: at T; -1: at "
            "the first with alpha_bar < 1e-5")
        .min(-1);
  }

  /// t_max as a number of timesteps. std::invalid_argument if it exceeds T.
  int64_t limit(const Schedule& noise) const;
};

/// How to walk a chain back.
struct Walk {
  std::string sampler = "ddpm";
  double eta = 1;
  int64_t chain_steps = 0;
  std::string subsequence = "linear";

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("sampler", &M::sampler, "ddpm: Ho et al. 2020; ddim: Song et al. 2021")
        .choices({"ddpm", "ddim"});
    s.param("eta", &M::eta, "of ddim: how much noise a step adds; 0: none, 1: as ddpm")
        .min(0)
        .max(1);
    s.param("chain_steps", &M::chain_steps,
            "how many timesteps the chain visits (linear: at least so many); 0: all below t_max")
        .min(0)
        .unit("steps");
    s.param("subsequence", &M::subsequence,
            "which ones: linear: multiples of floor(t_max / chain_steps); quadratic: dense where "
            "noise is "
            "low; respace and ddim: as the image repositories choose")
        .choices({"linear", "quadratic", "respace", "ddim"});
  }

  /// variance: of a ddpm step, fixed_large or any other for the posterior's. std::invalid_argument
  /// if it is learned and the chain skips timesteps.
  std::vector<Step> chain(const Schedule& schedule, int64_t limit,
                          const std::string& variance) const;
};

}  // namespace diffusion
