#include "plugins/diffusion/model.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

std::string to_json(const ModelConfig& c) {
  const auto& n = c.network;
  return nlohmann::json{{"net", n.net},
                        {"shape", n.shape},
                        {"width", n.width},
                        {"layers", n.layers},
                        {"share_layers", n.share_layers},
                        {"in_bias", n.in_bias},
                        {"channels", n.channels},
                        {"mult", n.mult},
                        {"res_blocks", n.res_blocks},
                        {"attention_at", n.attention_at},
                        {"heads", n.heads},
                        {"scale_shift", n.scale_shift},
                        {"dropout", n.dropout},
                        {"timesteps", c.timesteps},
                        {"schedule", c.schedule},
                        {"beta_start", c.beta_start},
                        {"beta_end", c.beta_end},
                        {"t_max", c.t_max},
                        {"predict", c.predict},
                        {"variance", c.variance},
                        {"rescale_timesteps", c.rescale_timesteps}}
      .dump();
}

ModelConfig from_json(const std::string& text) try {
  const auto j = nlohmann::json::parse(text);
  ModelConfig c;
  auto& n = c.network;
  j.at("net").get_to(n.net);
  j.at("shape").get_to(n.shape);
  j.at("width").get_to(n.width);
  j.at("layers").get_to(n.layers);
  j.at("share_layers").get_to(n.share_layers);
  j.at("in_bias").get_to(n.in_bias);
  j.at("channels").get_to(n.channels);
  j.at("mult").get_to(n.mult);
  j.at("res_blocks").get_to(n.res_blocks);
  j.at("attention_at").get_to(n.attention_at);
  j.at("heads").get_to(n.heads);
  j.at("scale_shift").get_to(n.scale_shift);
  j.at("dropout").get_to(n.dropout);
  j.at("timesteps").get_to(c.timesteps);
  j.at("schedule").get_to(c.schedule);
  j.at("beta_start").get_to(c.beta_start);
  j.at("beta_end").get_to(c.beta_end);
  j.at("t_max").get_to(c.t_max);
  j.at("predict").get_to(c.predict);
  j.at("variance").get_to(c.variance);
  j.at("rescale_timesteps").get_to(c.rescale_timesteps);
  n.learned_variance = c.variance == "learned";
  return c;
} catch (const nlohmann::json::exception&) {
  throw std::invalid_argument("the checkpoint's \"config\" does not describe a diffusion model");
}

}  // namespace

void add_model(assay::Columns& columns, const ModelConfig& config, const Weights& weights) {
  columns.add("config", to_json(config));
  for (const auto& [name, tensor] : weights) columns.add(name, tensor);
  const auto& script = config.network.torchscript;
  if (script.empty()) return;
  columns.add("torchscript", at::from_blob(const_cast<char*>(script.data()),
                                           {static_cast<int64_t>(script.size())}, at::kByte)
                                 .clone());
}

ModelConfig read_config(const assay::Reader& checkpoint) {
  auto config = from_json(checkpoint.strings("config").at(0));
  if (checkpoint.has("torchscript")) {
    const auto bytes = checkpoint.read<uint8_t>("torchscript");
    config.network.torchscript.assign(bytes.begin(), bytes.end());
  }
  return config;
}

std::shared_ptr<Network> read_network(const assay::Reader& checkpoint, const ModelConfig& config) {
  auto network = make_network(config.network);
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : weights(*network)) {
    const auto stored = read_tensor(checkpoint, name);
    if (stored.sizes() != tensor.sizes())
      throw std::invalid_argument("\"" + name + "\" of the checkpoint has another shape");
    tensor.copy_(stored);
  }
  return network;
}

Model read_model(const assay::Reader& checkpoint, at::Device device) {
  auto config = read_config(checkpoint);
  auto schedule = config.make_schedule();
  auto denoiser = make_denoiser(config, *read_network(checkpoint, config), device);
  return {std::move(config), std::move(schedule), std::move(denoiser)};
}

void need_same_noise(const Noise& asked, const ModelConfig& config) {
  const Noise usual;
  const auto need = [](const char* name, const auto& is, const auto& fallback, const auto& own) {
    if (is == fallback || is == own) return;
    const auto show = [](const auto& value) { return nlohmann::json(value).dump(); };
    throw std::invalid_argument(std::string(name) + " = " + show(is) +
                                " is not the model's, which was trained with " + show(own) +
                                " and brings its own noise; leave " + name + " out");
  };
  need("timesteps", asked.timesteps, usual.timesteps, config.timesteps);
  need("schedule", asked.schedule, usual.schedule, config.schedule);
  need("beta_start", asked.beta_start, usual.beta_start, config.beta_start);
  need("beta_end", asked.beta_end, usual.beta_end, config.beta_end);
}

int64_t chain_limit(const ChainNoise& asked, const Model& model, bool predict) {
  const int64_t trained = model.config.t_max;
  const int64_t limit = asked.t_max == 0 ? trained : asked.limit(model.schedule);
  if (predict && limit > trained)
    throw std::invalid_argument("t_max = " + std::to_string(asked.t_max) +
                                " starts the chain below timestep " + std::to_string(limit) +
                                ", but the model was trained with t_max = " +
                                std::to_string(trained) + "; set t_max to at most that, or to 0");
  return limit;
}

void need_features(const Denoiser& denoiser, int64_t features) {
  if (denoiser.features() != features)
    throw std::invalid_argument("the model makes samples of " +
                                std::to_string(denoiser.features()) + " numbers, the data have " +
                                std::to_string(features));
}

}  // namespace diffusion
