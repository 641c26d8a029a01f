#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/trainable.hpp"

#include <stdexcept>

namespace assay::lm {

int64_t train_only(const Model& model, const std::string& expression) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.parameters()) names.push_back(name);
  const auto indices = chosen(names, expression, "parameter");
  for (const size_t i : indices)
    if (!model.parameters()[i].second.defined())
      throw std::invalid_argument("the parameter \"" + names[i] +
                                  "\" is packed; open the model with exact precision to train it");
  freeze(model);
  int64_t count = 0;
  for (const size_t i : indices) {
    model.parameters()[i].second.requires_grad_(true);
    count += model.parameters()[i].second.numel();
  }
  return count;
}

void freeze(const Model& model) {
  for (const auto& [name, tensor] : model.parameters())
    if (tensor.defined()) tensor.requires_grad_(false);
}

}  // namespace assay::lm
