// Parts of a labelled set.
#pragma once
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// The examples at `index`, in its order, with everything that is known of them.
ImageSet subset(const ImageSet& set, const std::vector<int64_t>& index);

/// The examples of the `classes` classes that have the most, among equals those of lower number;
/// renumbered from 0 in their old order. Returns where each example was. std::invalid_argument if
/// the set has fewer classes with examples.
std::vector<int64_t> keep_most_frequent(ImageSet& set, int classes);

}  // namespace assay::data
