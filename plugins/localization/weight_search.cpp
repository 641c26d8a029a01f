#include "plugins/localization/weight_search.hpp"

#include <algorithm>

namespace localization {

WeightSearch::WeightSearch(assay::nn::Classifier& net, const assay::train::Examples& data,
                           const SearchOptions& options)
    : net_(net), options_(options), batches_(data, options) {
  net.eval();
  if (!options.all_params) names_ = channel_layers(net);
  for (const auto& p : net.named_parameters()) {
    if (options.all_params) names_.push_back(p.key());
    const bool searched = std::count(names_.begin(), names_.end(), p.key());
    p.value().requires_grad_(searched);
    if (searched) weights_.push_back(p.value());
  }
  for (const auto& w : weights_) originals_.push_back(w.detach().clone());
}

void WeightSearch::find(Target& target) {
  const auto labels = batches_.labels(target.example).unsqueeze(0);  // (1, B)
  while (true) {
    // Forward with noise; stop if the target is wrong.
    const auto x = batches_.noisy(target.example, static_cast<int64_t>(target.picks.size()));
    const auto logits = net_.forward(x.flatten(0, 1)).unflatten(0, {1, x.size(0), x.size(1)});
    target.predicted = prediction(logits.select(2, 0)).item<int64_t>();
    target.flipped = target.predicted != labels[0][0].item<int64_t>();
    target.done = true;
    if (target.flipped || static_cast<int64_t>(target.picks.size()) >= options_.max_units) return;

    // Edit the unit that lowers J most, or stop if none does.
    const auto gradients = torch::autograd::grad({objective(logits, labels, options_).sum()},
                                                 weights_, {}, {}, false, /*allow_unused=*/true);
    const auto pick = best(scores(gradients), options_.layer_std);
    if (!pick) return;
    edit(*pick, gradients[static_cast<size_t>(pick->layer)]);
    target.picks.push_back(*pick);
  }
}

bool WeightSearch::has_channels(size_t layer) const {
  return !options_.all_params || weights_[layer].dim() == 4;
}

std::vector<at::Tensor> WeightSearch::scores(const std::vector<at::Tensor>& gradients) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> out;
  for (size_t l = 0; l < weights_.size(); ++l) {
    const auto gradient = gradients[l].defined() ? gradients[l] : at::zeros_like(weights_[l]);
    const auto product = weights_[l] * gradient;
    out.push_back(has_channels(l) ? product.flatten(1).sum(1) : product.flatten());
  }
  return out;
}

void WeightSearch::edit(const Pick& pick, const at::Tensor& gradient) {
  const at::NoGradGuard no_grad;
  const auto l = static_cast<size_t>(pick.layer);
  const auto unit = [&](const at::Tensor& t) {
    return has_channels(l) ? t[pick.unit] : t.view(-1)[pick.unit];
  };
  auto w = unit(weights_[l]);
  if (options_.step > 0)
    w.sub_(has_channels(l) ? gradient[pick.unit] : gradient.flatten()[pick.unit], options_.step);
  else
    w.zero_();
}

void WeightSearch::restore() {
  const at::NoGradGuard no_grad;
  for (size_t l = 0; l < weights_.size(); ++l) weights_[l].copy_(originals_[l]);
}

}  // namespace localization
