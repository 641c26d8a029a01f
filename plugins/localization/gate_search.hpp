// The search for critical units through gates (nn/units.hpp): a unit that is off has gate 0, its
// score is dJ/dg, and targets with their own gates share one forward and one backward pass.
#pragma once
#include "plugins/common/nn/units.hpp"
#include "plugins/localization/search.hpp"

namespace localization {

/// Gates while it lives; then every unit is on again.
class Gates {
 public:
  explicit Gates(std::vector<assay::nn::Units*> layers) : layers_(std::move(layers)) {}
  ~Gates() { clear(); }
  Gates(const Gates&) = delete;
  Gates& operator=(const Gates&) = delete;

  size_t layers() const { return layers_.size(); }
  /// (T, U) of a layer: 0 where a target has picked, else 1.
  at::Tensor of(size_t layer, const std::vector<const Target*>& targets, at::Device device) const;
  /// Gives target t's gates to the rows t * rows .. (t + 1) * rows - 1 of a batch; `gates`: (T, U).
  void set(size_t layer, const at::Tensor& gates, int64_t rows);
  void clear();

 private:
  std::vector<assay::nn::Units*> layers_;
};

class GateSearch {
 public:
  /// Borrows everything; the network is in evaluation mode from here on and needs no gradients of
  /// its weights. `together`: targets in a pass; 0: as many as make a pass of a good size.
  GateSearch(assay::nn::Classifier& net, const assay::train::Examples& data,
             const SearchOptions& options, int64_t together);

  /// A round of the first unfinished targets: those that are wrong are done, each other one loses
  /// a unit. False if there was none.
  bool advance(std::vector<Target>& targets);

 private:
  /// Ends the search of those that are wrong by now, or have lost max_units.
  void check(const std::vector<Target*>& active, const std::vector<at::Tensor>& inputs);
  /// By layer, (T, U): the first-order decrease of J when a unit is switched off.
  std::vector<at::Tensor> scores(const std::vector<Target*>& active, const at::Tensor& images,
                                 const at::Tensor& labels);

  assay::nn::Classifier& net_;
  const SearchOptions& options_;
  TargetBatches batches_;
  Gates gates_;
  at::Device device_;
  int64_t together_;
};

/// The layers in which `picks` switch units off, as gates for `channel_layers` of a network.
std::vector<assay::nn::Units*> gated_layers(assay::nn::Classifier& net);

/// After the search: which of the examples each edited network gets right, (N,) bytes each.
/// Everything before the first segment with a switched-off unit is computed once for all targets.
class EditEvaluation {
 public:
  /// Borrows everything.
  EditEvaluation(assay::nn::Classifier& net, const assay::train::Examples& data);
  /// The segment where a target's edits begin: `correct` wants ascending ones.
  size_t first_segment(const Target& target) const;
  std::vector<uint8_t> correct(const Target& target);

 private:
  void advance_to(size_t segment);

  assay::nn::Classifier& net_;
  at::Tensor labels_;
  Gates gates_;
  std::vector<size_t> segment_of_layer_;
  size_t segment_ = 0;
  std::vector<assay::nn::Flow> flows_;  // into `segment_`, in chunks of examples
};

}  // namespace localization
