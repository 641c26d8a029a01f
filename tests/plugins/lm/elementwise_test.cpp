// Norms, activations and turns of inference, against LibTorch's in float64.
#include "plugins/common/lm/elementwise.hpp"
#include "plugins/common/lm/rope.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay::lm;

namespace {

double furthest(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("norms are LibTorch's for widths that fill no vector") {
  at::manual_seed(1);
  for (const int64_t width : {1, 5, 16, 33, 576}) {
    CAPTURE(width);
    const auto x = at::randn({7, width}) * 3 + 1, w = at::randn({width}), b = at::randn({width});
    const auto d = [](const at::Tensor& t) { return t.to(at::kDouble); };
    CHECK(furthest(rms_norm_rows(x, w, 1e-5), at::rms_norm(d(x), {width}, d(w), 1e-5)) < 5e-6);
    if (width > 1)
      CHECK(furthest(layer_norm_rows(x, w, b, 1e-5),
                     at::layer_norm(d(x), {width}, d(w), d(b), 1e-5)) < 5e-5);
    CHECK(
        rms_norm_rows(x, w, 1e-5).narrow(0, 3, 1).equal(rms_norm_rows(x.narrow(0, 3, 1), w, 1e-5)));
  }
}

TEST_CASE("activations are LibTorch's from one end of their range to the other") {
  const auto x = at::cat({at::linspace(-30, 30, 6001), at::linspace(-1, 1, 2001),
                          at::tensor({0.0f, -0.0f, -100.0f, 100.0f, 1e-30f})})
                     .unsqueeze(0);
  const auto d = x.to(at::kDouble);
  CHECK(furthest(activate_rows("silu", x), at::silu(d)) < 4e-6);
  CHECK(furthest(activate_rows("gelu", x), at::gelu(d)) < 4e-6);
  CHECK(furthest(activate_rows("gelu_new", x), at::gelu(d, "tanh")) < 4e-6);
  CHECK(furthest(activate_rows("relu", x), at::relu(d)) == 0);
  CHECK(!activate_rows("elu", x).defined());
  for (const char* name : {"silu", "gelu", "gelu_new", "relu"}) {
    CAPTURE(name);
    CHECK(std::isnan(activate_rows(name, at::full({1, 3}, NAN))[0][2].item<float>()));
    const auto rows = x.narrow(1, 0, 8000).view({800, 10});
    CHECK(activate_rows(name, rows)
              .narrow(0, 77, 3)
              .equal(activate_rows(name, rows.narrow(0, 77, 3))));
  }
}

TEST_CASE("heads are turned as the differentiable turn does") {
  at::manual_seed(2);
  for (const auto& [D, dims] : {std::pair<int64_t, int64_t>{64, 64}, {18, 18}, {80, 20}, {8, 2}}) {
    const auto x = at::randn({9, 3, D});
    const auto t = turns({.dims = dims}, at::arange(9, at::kLong) * 100);
    const auto right = rotate(x, t);  // gradients are on
    CHECK(furthest(rotate_rows(x, t.cos, t.sin), right.to(at::kDouble)) < 1e-6);
  }
}
