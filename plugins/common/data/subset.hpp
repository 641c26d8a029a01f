// Parts of a labelled set.
#pragma once
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// The examples at `index`, in its order, with everything that is known of them.
ImageSet subset(const ImageSet& set, const std::vector<int64_t>& index);

/// The `count` classes with the most examples, among equals those of lower number, ascending.
/// std::invalid_argument if the set has fewer classes with examples.
std::vector<int32_t> largest_classes(const ImageSet& set, int64_t count);

}  // namespace assay::data
