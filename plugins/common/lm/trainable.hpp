// Which parameters of a model are trained.
#pragma once
#include "plugins/common/lm/model.hpp"

#include <string>

namespace assay::lm {

/// Gives the parameters whose published name `expression` matches (see choose.hpp) a gradient, and
/// no other; returns how many numbers are trained. A tied head is its embedding. A packed parameter
/// is std::invalid_argument.
int64_t train_only(const Model& model, const std::string& expression);

/// No parameter of the model has a gradient.
void freeze(const Model& model);

}  // namespace assay::lm
