#include "plugins/localization/gate_search.hpp"

#include <algorithm>

namespace localization {
namespace {

/// Images in a pass: activations that fit the caches, or fill the device.
constexpr int64_t kRowsCpu = 512, kRowsGpu = 4096, kEvaluationRows = 512;

/// (T, U) -> (T rows, U): a row of gates for each image.
at::Tensor by_row(const at::Tensor& gates, int64_t rows) {
  return gates.unsqueeze(1).expand({-1, rows, -1}).reshape({-1, gates.size(1)});
}

}  // namespace

at::Tensor Gates::of(size_t layer, const std::vector<const Target*>& targets,
                     at::Device device) const {
  const auto T = static_cast<int64_t>(targets.size());
  auto gates = at::ones({T, layers_[layer]->units()});
  for (int64_t t = 0; t < T; ++t)
    for (const auto& pick : targets[static_cast<size_t>(t)]->picks)
      if (pick.layer == static_cast<int64_t>(layer)) gates[t][pick.unit] = 0;
  return gates.to(device);
}

void Gates::set(size_t layer, const at::Tensor& gates, int64_t rows) {
  layers_[layer]->gate = gates.size(0) == 1 ? gates : by_row(gates, rows);
}

void Gates::clear() {
  for (auto* layer : layers_) layer->gate = at::Tensor();
}

std::vector<assay::nn::Units*> gated_layers(assay::nn::Classifier& net) {
  std::vector<assay::nn::Units*> layers;
  for (const auto& layer : assay::nn::unit_layers(net)) layers.push_back(layer.layer);
  layers.resize(channel_layers(net).size());
  return layers;
}

GateSearch::GateSearch(assay::nn::Classifier& net, const assay::train::Examples& data,
                       const SearchOptions& options, int64_t together)
    : net_(net),
      options_(options),
      batches_(data, options),
      gates_(gated_layers(net)),
      device_(data.labels.device()),
      together_(together) {
  net.eval();
  for (auto& p : net.parameters()) p.requires_grad_(false);
  const int64_t rows = options.draws * (options.population_term ? options.batch : 1);
  if (!together_)
    together_ = std::max<int64_t>(1, (device_.is_cuda() ? kRowsGpu : kRowsCpu) / rows);
}

bool GateSearch::advance(std::vector<Target>& targets) {
  // Take the next unfinished targets, each with its noisy batch.
  std::vector<Target*> active;
  std::vector<at::Tensor> inputs;  // (K, B, channels, H, W) each
  for (auto& target : targets) {
    if (target.done) continue;
    active.push_back(&target);
    inputs.push_back(batches_.noisy(target.example, static_cast<int64_t>(target.picks.size())));
    if (static_cast<int64_t>(active.size()) == together_) break;
  }
  if (active.empty()) return false;

  // Stop where the target is wrong; a pass over the targets alone decides.
  check(active, inputs);

  // Switch off the best unit of each of the others.
  std::vector<Target*> left;
  std::vector<at::Tensor> images, labels;
  for (size_t a = 0; a < active.size(); ++a) {
    if (active[a]->done) continue;
    const int64_t used = options_.population_term ? options_.batch : 1;
    left.push_back(active[a]);
    images.push_back(inputs[a].narrow(1, 0, used).flatten(0, 1));
    labels.push_back(batches_.labels(active[a]->example).narrow(0, 0, used));
  }
  if (left.empty()) return true;
  const auto by_layer = scores(left, at::cat(images), at::stack(labels));
  for (size_t t = 0; t < left.size(); ++t) {
    std::vector<at::Tensor> own;
    for (const auto& layer : by_layer) own.push_back(layer[static_cast<int64_t>(t)]);
    if (const auto pick = best(own, options_.layer_std))
      left[t]->picks.push_back(*pick);
    else
      left[t]->done = true;
  }
  return true;
}

void GateSearch::check(const std::vector<Target*>& active, const std::vector<at::Tensor>& inputs) {
  const at::NoGradGuard no_grad;
  const std::vector<const Target*> targets(active.begin(), active.end());
  const int64_t draws = inputs[0].size(0);
  std::vector<at::Tensor> images;
  for (const auto& x : inputs) images.push_back(x.select(1, 0));  // (K, channels, H, W)
  for (size_t l = 0; l < gates_.layers(); ++l) gates_.set(l, gates_.of(l, targets, device_), draws);
  const auto logits = net_.forward(at::cat(images));  // (T K, C)
  gates_.clear();
  const auto predicted = prediction(logits.unflatten(0, {-1, draws})).cpu();
  for (size_t a = 0; a < active.size(); ++a) {
    auto& target = *active[a];
    target.predicted = predicted[static_cast<int64_t>(a)].item<int64_t>();
    target.flipped = target.predicted != batches_.labels(target.example)[0].item<int64_t>();
    target.done = target.flipped || static_cast<int64_t>(target.picks.size()) >= options_.max_units;
  }
}

std::vector<at::Tensor> GateSearch::scores(const std::vector<Target*>& active,
                                           const at::Tensor& images, const at::Tensor& labels) {
  const std::vector<const Target*> targets(active.begin(), active.end());
  const auto T = static_cast<int64_t>(active.size());
  std::vector<at::Tensor> leaves;
  for (size_t l = 0; l < gates_.layers(); ++l) {
    leaves.push_back(gates_.of(l, targets, device_).requires_grad_(true));
    gates_.set(l, leaves.back(), images.size(0) / T);
  }
  const auto logits = net_.forward(images);  // (T K B, C)
  gates_.clear();
  const auto J = objective(logits.view({T, -1, labels.size(1), logits.size(1)}), labels, options_);
  auto gradients = torch::autograd::grad({J.sum()}, leaves);
  for (size_t l = 0; l < gradients.size(); ++l)
    gradients[l] = (gradients[l] * leaves[l].detach()).cpu();
  return gradients;
}

EditEvaluation::EditEvaluation(assay::nn::Classifier& net, const assay::train::Examples& data)
    : net_(net), labels_(data.labels), gates_(gated_layers(net)) {
  net.eval();
  for (const auto& name : channel_layers(net))
    for (size_t s = 0; s < net.segments().size(); ++s)
      if (name.starts_with(net.segments()[s] + ".")) segment_of_layer_.push_back(s);
  for (int64_t at = 0; at < data.size(); at += kEvaluationRows)
    flows_.push_back({data.slice(at, std::min(kEvaluationRows, data.size() - at)), {}});
}

size_t EditEvaluation::first_segment(const Target& target) const {
  size_t first = net_.segments().size() - 1;
  for (const auto& pick : target.picks)
    first = std::min(first, segment_of_layer_[static_cast<size_t>(pick.layer)]);
  return first;
}

void EditEvaluation::advance_to(size_t segment) {
  for (; segment_ < segment; ++segment_)
    for (auto& flow : flows_) flow = net_.run(segment_, std::move(flow));
}

std::vector<uint8_t> EditEvaluation::correct(const Target& target) {
  const at::NoGradGuard no_grad;
  advance_to(first_segment(target));
  for (size_t l = 0; l < gates_.layers(); ++l)
    for (const auto& pick : target.picks)
      if (pick.layer == static_cast<int64_t>(l))
        gates_.set(l, gates_.of(l, {&target}, labels_.device()), 0);
  std::vector<at::Tensor> classes;
  for (const auto& flow : flows_) classes.push_back(net_.forward(flow, segment_).argmax(1));
  gates_.clear();
  const auto right = at::cat(classes).eq(labels_).to(at::kByte).cpu();
  return {right.const_data_ptr<uint8_t>(), right.const_data_ptr<uint8_t>() + right.numel()};
}

}  // namespace localization
