// A model with more or fewer rows in its vocabulary.
#pragma once
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

/// What rows beyond the old vocabulary are: the mean of the old ones, or N(0, initializer_range)
/// (a bias 0).
enum class NewRows { mean, normal };

/// The same model with `vocabulary` rows in its embedding and head, tied if they were; every other
/// parameter is shared with `model`. `key` is of the draws. Layers that are adapted, quantised or
/// packed are std::invalid_argument, and so is a vocabulary without rows.
std::unique_ptr<Model> resized(const Model& model, int64_t vocabulary, NewRows new_rows,
                               uint64_t key = 0);

}  // namespace assay::lm
