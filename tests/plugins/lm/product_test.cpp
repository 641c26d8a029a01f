// The matrix product of inference.
#include "plugins/common/lm/product.hpp"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

using assay::lm::product;

TEST_CASE("the product of inference is x W^T + b, for shapes that fill no tile") {
  const at::NoGradGuard no_grad;
  at::manual_seed(1);
  for (const int64_t rows : {1, 2, 3, 4, 5, 16, 17, 31, 33, 48, 300})
    for (const int64_t in : {1, 7, 64, 100})
      for (const int64_t out : {1, 5, 16, 47, 48, 130}) {
        CAPTURE(rows);
        CAPTURE(in);
        CAPTURE(out);
        const auto x = at::randn({rows, in}), w = at::randn({out, in}), b = at::randn({out});
        const auto right = at::linear(x.to(at::kDouble), w.to(at::kDouble), b.to(at::kDouble));
        CHECK((product(x, w, false, b) - right).abs().max().item<double>() < 3e-5);
        const auto turned = w.t().contiguous();
        CHECK((product(x, turned, true, b) - right).abs().max().item<double>() < 3e-5);
        CHECK(at::equal(product(x, turned, true, {}), product(x, w, false, {})));
      }
}

TEST_CASE("a row's product has the same bits among any number of rows and threads") {
  const at::NoGradGuard no_grad;
  at::manual_seed(2);
  const auto x = at::randn({300, 77}), w = at::randn({201, 77}), b = at::randn({201});
  const int threads = at::get_num_threads();
  const auto all = product(x, w, false, b);
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    CHECK(at::equal(product(x, w, false, b), all));
    for (const int64_t rows : {1, 2, 4, 5, 16, 30, 64})
      for (const int64_t first : {0, 13, 200}) {
        CAPTURE(count);
        CAPTURE(rows);
        CAPTURE(first);
        CHECK(
            at::equal(product(x.narrow(0, first, rows), w, false, b), all.narrow(0, first, rows)));
      }
  }
  at::set_num_threads(threads);
}
