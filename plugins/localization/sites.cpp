#include "plugins/localization/sites.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace localization {

using assay::nn::ClassifierConfig;
using assay::nn::EtdMode;
using assay::nn::ExampleTiedDropout;
using assay::nn::ExampleTiedDropoutOptions;
using assay::nn::Flow;

Sites::Sites(const assay::Job& job, std::shared_ptr<assay::nn::Classifier> network,
             const ClassifierConfig& config, SiteOptions options, int64_t examples)
    : network_(std::move(network)), options_(std::move(options)) {
  auto& wanted = options_.etd_layers;
  if (wanted.empty()) wanted = assay::nn::example_tied_segments(config.model);
  if (wanted.empty())
    throw std::invalid_argument("the paper places no example-tied dropout in " + config.model +
                                ": name segments of the network in etd_layers");
  const auto& segments = network_->segments();
  for (const auto& name : wanted)
    if (std::find(segments.begin(), segments.end(), name) == segments.end()) {
      std::string all;
      for (const auto& s : segments) all += (all.empty() ? "" : ", ") + s;
      throw std::invalid_argument("etd_layers: " + config.model + " has no segment \"" + name +
                                  "\"; it has " + all);
    }
  place(job, config, examples);
}

/// Learns each site's number of channels from one empty image.
void Sites::place(const assay::Job& job, const ClassifierConfig& config, int64_t examples) {
  const at::NoGradGuard no_grad;
  const auto& segments = network_->segments();
  const auto& wanted = options_.etd_layers;
  network_->eval();
  const auto device = network_->parameters().at(0).device();
  Flow flow{at::zeros({1, config.image.channels, config.image.height, config.image.width},
                      at::TensorOptions().device(device)),
            {}};
  for (size_t i = 0; i < segments.size(); ++i) {
    flow = network_->run(i, flow);
    const bool site = std::find(wanted.begin(), wanted.end(), segments[i]) != wanted.end();
    site_after_.push_back(site ? layers_.size() : wanted.size());
    if (!site) continue;
    const auto layer =
        options_.mask_sharing == "independent" ? static_cast<uint32_t>(layers_.size()) : 0u;
    layers_.emplace_back(ExampleTiedDropoutOptions{flow.x.size(1), options_.p_gen, options_.p_mem,
                                                   static_cast<uint64_t>(options_.mask_seed), layer,
                                                   examples});
    if (options_.regulariser != "etd") continue;
    if (layers_.back()->generalisation() == 0)
      job.warn("p_gen leaves " + segments[i] + " no generalisation channel of " +
               std::to_string(flow.x.size(1)));
    if (layers_.back()->memorisation() == 0)
      job.warn("p_gen leaves " + segments[i] + " no memorisation channel");
  }
}

void Sites::set_mode(SiteMode mode) {
  mode_ = mode;
  network_->train(mode == SiteMode::train);
  for (auto& layer : layers_)
    layer->set_mode(mode == SiteMode::test          ? EtdMode::test
                    : mode == SiteMode::drop        ? EtdMode::drop
                    : mode == SiteMode::drop_scaled ? EtdMode::drop_scaled
                                                    : EtdMode::tied);
}

at::Tensor Sites::act(size_t site, const at::Tensor& x, const at::Tensor& ids) {
  if (options_.regulariser == "etd") return layers_[site](x, ids);
  const double q = options_.on();
  if (options_.regulariser == "dropout" && mode_ == SiteMode::train)
    return at::dropout(x, 1 - q, true);
  if (options_.regulariser == "sparse") {
    auto mask = assay::nn::bernoulli_rows(static_cast<uint64_t>(options_.mask_seed),
                                          static_cast<uint32_t>(site), at::zeros({1}, at::kLong),
                                          x.size(1), q);
    while (mask.dim() < x.dim()) mask = mask.unsqueeze(-1);  // (1, C, 1, ...)
    return x * (mask / q).to(x.device());
  }
  return x;
}

at::Tensor Sites::forward(const at::Tensor& images, const at::Tensor& ids) {
  Flow flow{images, {}};
  for (size_t i = 0; i < site_after_.size(); ++i) {
    flow = network_->run(i, std::move(flow));
    if (site_after_[i] < layers_.size()) flow.x = act(site_after_[i], flow.x, ids);
  }
  return flow.x;
}

bool Sites::deployable() const {
  return options_.regulariser == "etd" && std::all_of(layers_.begin(), layers_.end(), [](auto& l) {
           return l->generalisation() > 0;
         });
}

std::string to_json(const SiteOptions& o) {
  return nlohmann::json{
      {"regulariser", o.regulariser}, {"p_gen", o.p_gen},         {"p_mem", o.p_mem},
      {"etd_layers", o.etd_layers},   {"mask_seed", o.mask_seed}, {"mask_sharing", o.mask_sharing}}
      .dump();
}

SiteOptions site_options(const std::string& json) try {
  const auto j = nlohmann::json::parse(json);
  return {j.at("regulariser"), j.at("p_gen"),     j.at("p_mem"),
          j.at("etd_layers"),  j.at("mask_seed"), j.at("mask_sharing")};
} catch (const nlohmann::json::exception&) {
  throw std::invalid_argument("the checkpoint's \"sites\" does not describe example-tied dropout");
}

}  // namespace localization
