// Smaller images: means over square blocks.
#pragma once
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// Replaces each `factor` x `factor` block of pixels by its mean, rounded to the nearest byte (half
/// up). std::invalid_argument if height or width is no multiple of the factor, or the set holds
/// features.
void pool(ImageSet& set, int64_t factor);

}  // namespace assay::data
