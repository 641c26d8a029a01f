// What a network says of examples.
#pragma once
#include "plugins/common/train/learner.hpp"

namespace localization {

/// The class that the network, in evaluation mode, gives each example, (N,).
at::Tensor answers(assay::nn::Classifier& net, const assay::train::Examples& data);

/// The share of `predicted` (N,) that are the examples' labels.
double right(const assay::train::Examples& data, const at::Tensor& predicted);

}  // namespace localization
