// Parts of a model chosen by a regular expression on their published names.
#pragma once
#include "plugins/common/lm/model.hpp"

#include <string>
#include <vector>

namespace assay::lm {

/// Indices of the names in which `expression` (ECMAScript) matches somewhere; ^ and $ make it match
/// all of a name. One that is malformed or matches nothing is std::invalid_argument, with the names
/// nearest to it; `what` is what the names are of ("parameter").
std::vector<size_t> chosen(const std::vector<std::string>& names, const std::string& expression,
                           const std::string& what);

/// The linear layers of a model whose name (without ".weight") matches; its head is none of them.
std::vector<Linear> chosen_linears(const Model& model, const std::string& expression);

}  // namespace assay::lm
