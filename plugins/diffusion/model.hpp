// A trained model: the network together with all that sampling from it needs, so that no option of
// training has to be repeated.
#pragma once
#include "plugins/diffusion/denoiser.hpp"
#include "plugins/diffusion/network.hpp"
#include "plugins/diffusion/objective.hpp"
#include "plugins/diffusion/schedule.hpp"
#include "plugins/diffusion/source.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace diffusion {

struct ModelConfig {
  NetworkConfig network;
  int64_t timesteps = 1000;  // T
  std::string schedule = "linear";
  double beta_start = 0.001, beta_end = 0.2;
  int64_t t_max = 1000;  // timesteps 0 .. t_max - 1 were trained: a chain starts below it
  std::string predict = "eps", variance = "fixed_large";
  bool rescale_timesteps = false;  // the network is told t * 1000 / T

  Schedule make_schedule() const {
    return diffusion::make_schedule(schedule, timesteps, beta_start, beta_end);
  }
  double time_scale() const {
    return rescale_timesteps ? 1000 / static_cast<double>(timesteps) : 1;
  }
};

using Weights = std::vector<std::pair<std::string, at::Tensor>>;

/// Adds what a checkpoint of the format "diffusion_model" holds: "config" (JSON), the weights by
/// the names of the released code, and "torchscript" where there is one.
void add_model(assay::Columns& columns, const ModelConfig& config, const Weights& weights);

struct Model {
  ModelConfig config;
  Schedule schedule;
  std::unique_ptr<Denoiser> denoiser;
};

/// The model of an opened checkpoint, ready to sample. std::invalid_argument if it is none.
Model read_model(const assay::Reader& checkpoint, at::Device device);
/// Its parts.
ModelConfig read_config(const assay::Reader& checkpoint);
std::shared_ptr<Network> read_network(const assay::Reader& checkpoint, const ModelConfig& config);

/// std::invalid_argument if the noise that parameters ask for is neither the default, which is to
/// say the model's, nor the model's own.
void need_same_noise(const Noise& asked, const ModelConfig& config);

/// Where a chain with the model's noise starts: by default where the model's does.
/// std::invalid_argument if that is above the timesteps that the model was trained on, unless it
/// does not `predict`.
int64_t chain_limit(const ChainNoise& asked, const Model& model, bool predict);

/// std::invalid_argument unless the model makes samples of `features` numbers.
void need_features(const Denoiser& denoiser, int64_t features);

/// What a sampler asks of a network, which it copies: eps from whatever the network predicts, and
/// its log-variance if it learned one. The decoder on a CPU goes through its fused form.
std::unique_ptr<Denoiser> make_denoiser(const ModelConfig& config, Network& network,
                                        at::Device device);
/// The same through LibTorch, for tests that compare the two.
std::unique_ptr<Denoiser> make_network_denoiser(const ModelConfig& config, Network& network,
                                                at::Device device);

}  // namespace diffusion
