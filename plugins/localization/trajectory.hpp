// The path of a network through its training: all its weights at the start and after epochs, as
// rows of one array that a later method puts back, whole or layer by layer.
//   K rows, W numbers: the network's parameters, then its buffers, each flat
#pragma once
#include "plugins/localization/groups.hpp"

#include <map>

namespace localization {

/// Where a tensor lies in a row.
struct Slice {
  std::string group;
  bool buffer;
  int64_t at, size;
};

/// The output "weights" of a training method: `declare_trajectory` once, `log_layout` once, and a
/// row for each epoch that is kept.
template <class M>
void declare_trajectory(assay::Schema<M>& s) {
  s.output("weights", ASSAY_ARRAY,
           "by epoch, 0 being before the first step: every parameter and buffer, flat, in the "
           "order of `layout`");
  s.output("layout", ASSAY_TABLE, "where each tensor of the network lies in `weights`")
      .column("name", ASSAY_STRING)
      .column("group", ASSAY_STRING, "whose gradients are accounted for together")
      .column("buffer", ASSAY_BOOL, "a running statistic, not a parameter")
      .column("offset", ASSAY_INT, "of its first number")
      .column("size", ASSAY_INT, "how many there are")
      .column("shape", ASSAY_STRING, "as in 64,32,3,3");
}
void log_layout(const assay::Job& job, const torch::nn::Module& net,
                const std::vector<Group>& groups);
void log_weights(const assay::Job& job, int64_t epoch, const torch::nn::Module& net);

/// What those outputs hold, read back.
class Trajectory {
 public:
  /// From an opened run. Throws std::invalid_argument if it holds no trajectory of `net`'s tensors,
  /// which it gets the last weights of.
  Trajectory(const assay::Reader& run, assay::nn::Classifier& net);

  const std::vector<int64_t>& epochs() const { return epochs_; }  // that were kept, ascending
  /// The groups of the training run; or `make_groups` by `rules`, if there are any.
  std::vector<Group> groups(const std::vector<std::string>& rules) const;

  /// Makes the tensors `names` of the network views on the row of `epoch`: no copy is made.
  void put(int64_t epoch, const std::vector<std::string>& names) const;
  /// Throws std::invalid_argument if an epoch was not kept: which, and which were.
  void check_kept(const std::vector<int64_t>& epochs) const;
  /// The last epoch, after which the network is the trained one.
  int64_t end() const { return epochs_.back(); }

 private:
  const assay::nn::Classifier& net_;
  std::map<std::string, at::Tensor> tensors_;  // of the network
  at::Tensor weights_;                         // (K, W), where the network is
  std::vector<int64_t> epochs_;
  std::map<std::string, Slice> layout_;
  std::vector<std::string> names_;  // in the order of a row
};

}  // namespace localization
