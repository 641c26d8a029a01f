// The search for critical units on the weights themselves, one target at a time: as the reference
// does it, for units that have no gate, and to check the one through gates.
#pragma once
#include "plugins/localization/search.hpp"

namespace localization {

class WeightSearch {
 public:
  /// Borrows everything. The layers are `channel_layers`, or, with all_params, every parameter in
  /// the order of registration; a unit is an output channel of a convolution, a row of a layer of
  /// channels, else a single number.
  WeightSearch(assay::nn::Classifier& net, const assay::train::Examples& data,
               const SearchOptions& options);

  /// The names of the parameters that `Pick::layer` numbers.
  const std::vector<std::string>& layers() const { return names_; }
  /// Searches to the end, and leaves the network edited.
  void find(Target& target);
  /// Undoes the edits.
  void restore();

 private:
  /// By layer, (U,): sum over the unit's weights of w dJ/dw.
  std::vector<at::Tensor> scores(const std::vector<at::Tensor>& gradients) const;
  void edit(const Pick& pick, const at::Tensor& gradient);
  bool has_channels(size_t layer) const;

  assay::nn::Classifier& net_;
  const SearchOptions& options_;
  TargetBatches batches_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> weights_, originals_;
};

}  // namespace localization
