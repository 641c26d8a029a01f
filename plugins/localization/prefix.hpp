// What a network computes before a group of its layers: the same whatever happens to the group, so
// it is computed once.
#pragma once
#include "plugins/common/train/learner.hpp"

namespace localization {

/// The input of a segment for each of N examples.
class Prefix {
 public:
  /// For the last segment from 0 to `segment` whose inputs take at most `bytes` of memory; 0 has
  /// the images themselves. The network is in evaluation mode.
  Prefix(assay::nn::Classifier& net, const assay::train::Examples& data, size_t segment,
         int64_t bytes = int64_t{4} << 30);

  /// Logits (B, classes) of the examples `ids` (B,) from here on.
  at::Tensor forward(const at::Tensor& ids) const;
  /// The class with the greatest logit of every example, (N,), without gradients.
  at::Tensor predicted() const;

 private:
  assay::nn::Classifier& net_;
  size_t segment_;
  assay::nn::Flow inputs_;
};

}  // namespace localization
