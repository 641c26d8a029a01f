#include "plugins/common/lm/layers.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

TEST_CASE("gelu_new and its gradient are those of the formula in float64, at any size") {
  for (const int64_t n : {1, 15, 16, 4003}) {
    CAPTURE(n);
    const auto wide = at::linspace(-12, 12, n, at::kDouble).requires_grad_();
    const auto x = wide.detach().to(at::kFloat).requires_grad_();
    const auto upstream = at::linspace(1, 2, n, at::kDouble);
    const auto expected = at::gelu(wide, "tanh"), y = lm::activate("gelu_new", x);
    CHECK(at::allclose(y.to(at::kDouble), expected, 1e-5, 1e-6));
    const auto gradient = torch::autograd::grad({expected}, {wide}, {upstream})[0];
    const auto ours = torch::autograd::grad({y}, {x}, {upstream.to(at::kFloat)})[0];
    CHECK(at::allclose(ours.to(at::kDouble), gradient, 1e-5, 1e-6));
  }
}

TEST_CASE("gelu_new at the ends: far from 0, and what is not a number") {
  const auto x = at::tensor({-1e4f, 1e4f, 0.0f, NAN, INFINITY});
  const auto y = lm::activate("gelu_new", x);
  CHECK(y[0].item<float>() == 0);
  CHECK(y[1].item<float>() == 1e4f);
  CHECK(y[2].item<float>() == 0);
  CHECK(y[3].isnan().item<bool>());
  CHECK(y[4].item<float>() == INFINITY);
}
