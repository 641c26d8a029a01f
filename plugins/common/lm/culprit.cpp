#include "plugins/common/lm/culprit.hpp"

#include <algorithm>
#include <cmath>

namespace assay::lm {

std::optional<Culprit> find_culprit(const Model& model) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : model.parameters()) {
    if (!tensor.defined() || !tensor.is_floating_point()) continue;
    const auto bad = at::isfinite(tensor).logical_not().flatten();
    if (!bad.any().item<bool>()) continue;
    const auto index = bad.to(at::kByte).argmax().item<int64_t>();
    return Culprit{name, index, tensor.flatten()[index].item<double>()};
  }
  return {};
}

std::string not_finite(const Model& model, const std::string& what) {
  const auto culprit = find_culprit(model);
  if (!culprit) {
    const auto& all = model.parameters();
    const bool packed =
        std::any_of(all.begin(), all.end(), [](const auto& p) { return !p.second.defined(); });
    return what + " are not finite, though every parameter is" +
           (packed ? " that is not packed: open the model exact to search the others"
                   : ": the computation overflows");
  }
  const char* value = std::isnan(culprit->value) ? "NaN" : "infinite";
  return what + " are not finite: element " + std::to_string(culprit->index) + " of " +
         culprit->name + " is " + value;
}

}  // namespace assay::lm
