#include "plugins/common/lm/fake_quant.hpp"
#include "plugins/common/lm/resize.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

TEST_CASE("a larger vocabulary keeps the old logits, and a smaller one those that are left") {
  for (const auto& architecture : tiny::kArchitectures) {
    for (const bool tied : {true, false}) {
      CAPTURE(architecture);
      CAPTURE(tied);
      auto config = tiny::config(architecture);
      config.tied = tied;
      const auto model = tiny::model(config);
      const auto old = tiny::logits(*model, tiny::rows());
      const auto larger = resized(*model, 57, NewRows::normal, 1);
      const auto smaller = resized(*model, 45, NewRows::mean);
      CHECK(larger->config().vocabulary == 57);
      CHECK(read_config(to_json(larger->config()), "a test").vocabulary == 57);
      CHECK(larger->parameters().size() == model->parameters().size());
      CHECK(larger->head()->weight.is_same(larger->embedding()) == tied);
      const auto logits = tiny::logits(*larger, tiny::rows());
      CHECK(logits.sizes() == at::IntArrayRef{12, 57});
      // Products of other widths may sum in another order: a few ulps of numbers near 10.
      CHECK(tiny::apart(logits.narrow(1, 0, 50), old) < 1e-5);
      CHECK(tiny::apart(tiny::logits(*smaller, tiny::rows()), old.narrow(1, 0, 45)) < 1e-5);
    }
  }
}

TEST_CASE("new rows are the mean of the old or draws of the configured spread") {
  const auto model = tiny::model("bert");
  const auto mean = resized(*model, 52, NewRows::mean);
  const auto expected = model->embedding().mean(0);
  CHECK(at::equal(mean->embedding()[50], expected));
  CHECK(at::equal(mean->embedding()[51], expected));
  CHECK(at::equal(mean->head()->bias[51], model->head()->bias.mean()));

  const auto drawn = resized(*model, 1050, NewRows::normal, 4);
  const auto fresh = drawn->embedding().narrow(0, 50, 1000);
  // 16,000 draws: the standard deviation of their spread is 0.56 % of it; six of them.
  CHECK(fresh.std().item<double>() == doctest::Approx(0.02).epsilon(0.034));
  CHECK(at::equal(drawn->head()->bias.narrow(0, 50, 1000), at::zeros({1000})));
  CHECK(at::equal(resized(*model, 1050, NewRows::normal, 4)->embedding(), drawn->embedding()));
}

TEST_CASE("what has no row for each id is shared, and adapted layers cannot be carried over") {
  const auto model = tiny::model("bert");
  const auto larger = resized(*model, 60, NewRows::mean);
  CHECK(larger->linears()[0]->weight.is_same(model->linears()[0]->weight));
  CHECK_THROWS_AS(resized(*model, 0, NewRows::mean), std::invalid_argument);
  fake_quantise(*model, "query");
  CHECK_THROWS_WITH_AS(resized(*model, 60, NewRows::mean),
                       doctest::Contains("resize the vocabulary first"), std::invalid_argument);
}
