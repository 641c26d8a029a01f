#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/trainable.hpp"

namespace assay::lm {

int64_t train_only(const Model& model, const std::string& expression) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.parameters()) names.push_back(name);
  const auto indices = chosen(names, expression, "parameter");
  freeze(model);
  int64_t count = 0;
  for (const size_t i : indices) {
    model.parameters()[i].second.requires_grad_(true);
    count += model.parameters()[i].second.numel();
  }
  return count;
}

void freeze(const Model& model) {
  for (const auto& [name, tensor] : model.parameters()) tensor.requires_grad_(false);
}

}  // namespace assay::lm
