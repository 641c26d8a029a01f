#include "plugins/common/lm/term_gradients.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

TEST_CASE("gradients of terms, their norms and cosines by hand") {
  // With p = (1, 2) and q = 3: grad(p0^2 + 3 p1) = (2, 3 | 0), grad(p0 q) = (3, 0 | 1), and a term
  // that reaches nothing.
  const auto p = at::tensor({1.0f, 2.0f}).requires_grad_(), q = at::tensor(3.0f).requires_grad_();
  const auto r = at::tensor(1.0f).requires_grad_();
  const std::vector<at::Tensor> terms{p[0].square() + 3 * p[1], p[0] * q, r * 2}, parameters{p, q};
  const auto out = lm::term_gradients(terms, parameters);
  CHECK(out.norms[0] == doctest::Approx(std::sqrt(13.0)));
  CHECK(out.norms[1] == doctest::Approx(std::sqrt(10.0)));
  CHECK(out.norms[2] == 0);
  CHECK(out.cosines[0][1] == doctest::Approx(6 / std::sqrt(130.0)));
  CHECK(out.cosines[1][0] == out.cosines[0][1]);
  CHECK(std::isnan(out.cosines[0][2]));

  const std::vector<double> coefficients{2, -1, 5};
  lm::accumulate(out, coefficients, parameters);
  CHECK(at::equal(p.grad(), at::tensor({1.0f, 6.0f})));  // 2 (2, 3) - (3, 0)
  CHECK(q.grad().item<float>() == -1);
  CHECK_THROWS_AS(lm::accumulate(out, std::vector<double>{1}, parameters), std::invalid_argument);
}
