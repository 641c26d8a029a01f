#include "plugins/common/lm/culprit.hpp"
#include "tests/plugins/lm/causal_models.hpp"

#include <limits>

using namespace assay::lm;

TEST_CASE("the parameter that is to blame for numbers that are not finite is found") {
  const auto model = fresh(small("llama"));
  CHECK_FALSE(find_culprit(*model));
  CHECK(not_finite(*model, "the logits") ==
        "the logits are not finite, though every parameter is: the computation overflows");

  at::NoGradGuard no_grad;
  const auto& name = "model.layers.1.mlp.up_proj.weight";
  for (const auto& [own, tensor] : model->parameters())
    if (own == name) {
      tensor[2][5] = -std::numeric_limits<double>::infinity();
      tensor[3][0] = std::numeric_limits<double>::quiet_NaN();
    }
  const auto culprit = find_culprit(*model);
  REQUIRE(culprit);
  CHECK(culprit->name == name);
  CHECK(culprit->index == 2 * 32 + 5);
  CHECK(not_finite(*model, "the logits") ==
        "the logits are not finite: element 69 of model.layers.1.mlp.up_proj.weight is infinite");
}
