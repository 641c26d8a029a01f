// The places in a network where example-tied dropout, or a baseline, acts: after the activation of
// some segments (the paper and the released code).
#pragma once
#include "plugins/common/nn/example_tied_dropout.hpp"
#include "plugins/common/train/learner.hpp"

#include <memory>
#include <string>
#include <vector>

namespace localization {

/// A channel is on with probability q = p_gen + (1 - p_gen) p_mem in all but `none`:
///   etd      example-tied dropout
///   dropout  each activation is kept with probability q and divided by q, in training alone
///   sparse   one random set of channels, kept with probability q and divided by q, always
///   none     the network as it is
struct SiteOptions {
  std::string regulariser = "etd";
  double p_gen = 0.2, p_mem = 0.1;      // Table of the released code: ResNet-9
  std::vector<std::string> etd_layers;  // segments; empty: example_tied_segments(model)
  int64_t mask_seed = 7;
  std::string mask_sharing = "independent";

  double on() const { return p_gen + (1 - p_gen) * p_mem; }  // q
};

/// How a network with sites is run: training, or one of the modes of example-tied dropout.
enum class SiteMode { train, tied, test, drop, drop_scaled };

class Sites {
 public:
  /// Wraps `network`, which already is on its device. `examples`: ids are below it.
  /// std::invalid_argument if a layer of etd_layers is no segment of the network, or if there is no
  /// layer at all; warns through `job` of layers without generalisation or memorisation channels.
  Sites(const assay::Job& job, std::shared_ptr<assay::nn::Classifier> network,
        const assay::nn::ClassifierConfig& config, SiteOptions options, int64_t examples);

  void set_mode(SiteMode mode);
  /// Images (B, C, H, W) and ids (B,) -> logits. Ids matter to etd in modes train and tied.
  at::Tensor forward(const at::Tensor& images, const at::Tensor& ids);

  assay::nn::Classifier& network() const { return *network_; }
  const SiteOptions& options() const { return options_; }
  /// Whether every layer has generalisation channels, so that they can be deployed alone.
  bool deployable() const;

 private:
  at::Tensor act(size_t site, const at::Tensor& x, const at::Tensor& ids);
  void place(const assay::Job& job, const assay::nn::ClassifierConfig& config, int64_t examples);

  std::shared_ptr<assay::nn::Classifier> network_;
  SiteOptions options_;
  std::vector<assay::nn::ExampleTiedDropout> layers_;  // one a site, in the network's order
  std::vector<size_t> site_after_;                     // by segment; layers_.size(): none
  SiteMode mode_ = SiteMode::train;
};

std::string to_json(const SiteOptions& options);
SiteOptions site_options(const std::string& json);

}  // namespace localization
