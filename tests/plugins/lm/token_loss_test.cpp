#include "plugins/common/lm/softmax_loss.hpp"
#include "plugins/common/lm/token_loss.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

namespace {

/// N rows of width C, a head of V columns, and a loss of them by LibTorch alone.
struct Case {
  at::Tensor hidden, weight, bias, targets, weights;

  Case(int64_t N, int64_t C, int64_t V, bool with_bias) {
    torch::manual_seed(3);
    hidden = torch::randn({N, C}).requires_grad_();
    weight = torch::randn({V, C}).requires_grad_();
    if (with_bias) bias = torch::randn({V}).requires_grad_();
    targets = torch::randint(0, V, {N});
    weights = torch::randn({N}, at::kDouble);
  }
  lm::Linear head() const {
    return lm::Linear({.name = "head",
                       .weight = weight,
                       .bias = bias,
                       .in = weight.size(1),
                       .out = weight.size(0)});
  }
  at::Tensor losses() const {
    return at::cross_entropy_loss(at::linear(hidden, weight, bias).to(at::kDouble), targets, {},
                                  at::Reduction::None);
  }
  std::vector<at::Tensor> inputs() const {
    return bias.defined() ? std::vector{hidden, weight, bias} : std::vector{hidden, weight};
  }
  std::vector<at::Tensor> gradients(const at::Tensor& loss) const {
    return torch::autograd::grad({loss}, inputs());
  }
};

void check_close(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    CAPTURE(i);
    CHECK((a[i] - b[i]).norm().item<double>() <= 2e-6 * b[i].norm().item<double>());
  }
}

}  // namespace

TEST_CASE("a weighted token loss and its gradients are those of cross_entropy") {
  for (const bool bias : {false, true}) {
    CAPTURE(bias);
    const Case c(83, 12, 70'001, bias);  // two chunks of rows, a vocabulary that no vector divides
    const auto ours = lm::token_loss(c.head(), c.hidden, c.targets, c.weights);
    const auto theirs = c.losses();
    CHECK(at::allclose(ours.losses, theirs, 1e-6, 1e-6));
    CHECK(at::allclose(ours.sum, theirs.dot(c.weights), 1e-6, 1e-5));
    CHECK(!ours.losses.requires_grad());
    check_close(c.gradients(ours.sum * 3), c.gradients(theirs.dot(c.weights) * 3));
  }
}

TEST_CASE("losses whose weights come later have the gradients of cross_entropy") {
  const Case c(83, 12, 70'001, true);
  const auto f = [](const at::Tensor& losses) { return losses.sigmoid().mul(losses).sum(); };
  const auto ours = lm::token_losses(c.head(), c.hidden, c.targets);
  CHECK(at::allclose(ours, c.losses(), 1e-6, 1e-6));
  check_close(c.gradients(f(ours)), c.gradients(f(c.losses())));
}

TEST_CASE("a frozen head gets no gradient, and a pass without gradients makes none") {
  Case c(9, 8, 40, false);
  c.weight.requires_grad_(false);
  lm::token_loss(c.head(), c.hidden, c.targets, c.weights).sum.backward();
  CHECK(!c.weight.grad().defined());
  CHECK(c.hidden.grad().defined());
  const at::NoGradGuard no_grad;
  const auto out = lm::token_loss(c.head(), c.hidden, c.targets, c.weights);
  CHECK(!out.sum.requires_grad());
  CHECK(at::allclose(out.losses, c.losses(), 1e-6, 1e-6));
}

TEST_CASE("a head stored (in, out) has the same loss and gradients") {
  const Case c(9, 8, 40, true);
  const auto stored = c.weight.detach().t().contiguous().requires_grad_();
  const lm::Linear head(
      {.name = "head", .weight = stored, .bias = c.bias, .transposed = true, .in = 8, .out = 40});
  const auto loss = lm::token_loss(head, c.hidden, c.targets, c.weights).sum;
  const auto ours = torch::autograd::grad({loss}, {c.hidden, stored, c.bias});
  check_close({ours[0], ours[1].t(), ours[2]}, c.gradients(c.losses().dot(c.weights)));
}

TEST_CASE("a head with a form of its own goes through its product") {
  struct Twice final : lm::LinearForm {
    at::Tensor apply(const lm::Linear& linear, const at::Tensor& x) const override {
      return linear.plain(x) * 2;
    }
  };
  const Case c(9, 8, 40, false);
  const auto head = c.head();
  head->form = std::make_shared<Twice>();
  const auto theirs = at::cross_entropy_loss(at::linear(c.hidden, c.weight) * 2, c.targets, {},
                                             at::Reduction::None);
  CHECK(at::allclose(lm::token_losses(head, c.hidden, c.targets), theirs.to(at::kDouble), 1e-5,
                     1e-5));
  CHECK(lm::token_loss(head, c.hidden, c.targets, c.weights).sum.requires_grad());
}

TEST_CASE("a target outside the vocabulary is an error that says what is inside") {
  const Case c(3, 8, 40, false);
  CHECK_THROWS_WITH_AS(lm::token_losses(c.head(), c.hidden, at::tensor({1, 40, 2}, at::kLong)),
                       "target 40 is outside the model's vocabulary, which has ids 0 to 39",
                       std::invalid_argument);
}

TEST_CASE("softmax loss by hand: equal logits, a sure one, one that is not finite") {
  std::vector<float> logits{2, 2, 2, 2, 500, 0, 0, -INFINITY, 0, NAN, 0, 0};
  const std::vector<int64_t> targets{1, 0, 2};
  const std::vector<double> weights{2, 1, 1};
  std::vector<double> losses(3);
  lm::softmax_loss(logits.data(), 3, 4, targets.data(), weights.data(), losses.data());
  CHECK(losses[0] == doctest::Approx(std::log(4.0)));
  CHECK(losses[1] == 0);
  CHECK(std::isnan(losses[2]));
  CHECK(logits[0] == doctest::Approx(2 * 0.25));
  CHECK(logits[1] == doctest::Approx(2 * (0.25 - 1)));
  CHECK(logits[7] == 0);
}

TEST_CASE("softmax loss has float32's accuracy over a wide range of logits") {
  std::vector<float> logits(5003);
  double sum = 0;
  for (size_t v = 0; v < logits.size(); ++v) {
    logits[v] = -90.0f * static_cast<float>(v) / 5003.0f;
    sum += std::exp(static_cast<double>(logits[v]));
  }
  const int64_t target = 3333;
  const double expected = std::log(sum) - static_cast<double>(logits[3333]);
  double loss = 0;
  lm::softmax_loss(logits.data(), 1, 5003, &target, nullptr, &loss);
  CHECK(loss == doctest::Approx(expected).epsilon(1e-7));
}
