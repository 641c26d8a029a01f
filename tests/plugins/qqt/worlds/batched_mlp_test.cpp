// The batched perceptrons against what one by one they must be.
#include "plugins/qqt/batched_mlp.hpp"

#include <doctest/doctest.h>

using namespace qqt;

namespace {

std::vector<at::Tensor> weights(const BatchedMlp& net) {
  std::vector<at::Tensor> w;
  for (const auto& [name, tensor] : net.state()) w.push_back(tensor);
  return w;
}

/// Inputs (R, B, 6) and labels (R, B) of three classes.
std::pair<at::Tensor, at::Tensor> batch(int64_t runs, int64_t size, int64_t step) {
  at::manual_seed(static_cast<uint64_t>(100 + step));
  return {at::randn({runs, size, 6}), at::randint(0, 3, {runs, size}, at::kLong)};
}

}  // namespace

TEST_CASE("a batched network is the single networks, side by side") {
  const std::vector<uint64_t> seeds{7, 8, 9};
  BatchedMlp all(seeds, 6, 5, 3, 0.1, 0.3, at::kCPU);
  std::vector<BatchedMlp> single;
  for (const auto seed : seeds)
    single.emplace_back(std::vector<uint64_t>{seed}, 6, 5, 3, 0.1, 0.3, at::kCPU);
  for (int64_t step = 0; step < 10; ++step) {
    const auto [x, labels] = batch(3, 4, step);
    all.step(x, labels);
    for (int64_t r = 0; r < 3; ++r)
      single[static_cast<size_t>(r)].step(x.narrow(0, r, 1), labels.narrow(0, r, 1));
  }
  const auto [x, labels] = batch(1, 50, 99);
  const auto errors = all.errors(x[0], labels[0]);
  for (int64_t r = 0; r < 3; ++r) {
    const auto& one = single[static_cast<size_t>(r)];
    const auto of_all = weights(all), of_one = weights(one);
    for (size_t i = 0; i < of_all.size(); ++i)
      CHECK(at::allclose(of_all[i][r], of_one[i][0], 1e-5, 1e-6));
    CHECK(errors[static_cast<size_t>(r)] == one.errors(x[0], labels[0])[0]);
  }
}

TEST_CASE("a step is one of gradient descent on the mean cross-entropy, as autograd finds it") {
  BatchedMlp net({3}, 6, 5, 3, 0.1, 0.3, at::kCPU);
  std::vector<at::Tensor> before;
  for (const auto& w : weights(net)) before.push_back(w.clone());
  auto w1 = before[0][0].clone().requires_grad_(), b1 = before[1][0].clone().requires_grad_(),
       w2 = before[2][0].clone().requires_grad_(), b2 = before[3][0].clone().requires_grad_();
  const auto [x, labels] = batch(1, 8, 0);
  const auto logits = (x[0].matmul(w1) + b1).relu().matmul(w2) + b2;
  at::cross_entropy_loss(logits, labels[0]).backward();
  net.step(x, labels);
  const auto after = weights(net);
  const at::Tensor gradients[] = {w1.grad(), b1.grad(), w2.grad(), b2.grad()};
  for (size_t i = 0; i < 4; ++i) {
    CAPTURE(i);
    CHECK(at::allclose(after[i][0], before[i][0] - 0.1 * gradients[i], 1e-5, 1e-6));
    // The average has moved by 0.3 of the way.
    CHECK(at::allclose(after[4 + i], before[i] + 0.3 * (after[i] - before[i]), 1e-5, 1e-6));
  }
}

TEST_CASE("errors are the shares of wrong answers of the averaged weights, in chunks or not") {
  BatchedMlp net({1, 2}, 6, 5, 3, 0.5, 0.1, at::kCPU);
  for (int64_t step = 0; step < 5; ++step) {
    const auto [x, labels] = batch(2, 4, step);
    net.step(x, labels);
  }
  const auto [x, labels] = batch(1, 2300, 50);  // more than two chunks of 1000
  const auto w = weights(net);
  const auto errors = net.errors(x[0], labels[0]);
  for (int64_t r = 0; r < 2; ++r) {
    const auto h = (x[0].matmul(w[4][r]) + w[5][r]).relu();
    const auto wrong = (h.matmul(w[6][r]) + w[7][r]).argmax(1).ne(labels[0]).sum();
    CHECK(errors[static_cast<size_t>(r)] ==
          doctest::Approx(wrong.item<double>() / 2300).epsilon(1e-3));
  }
}

TEST_CASE("networks with one seed begin with the same weights, of variance 1 / inputs") {
  BatchedMlp net({5, 5, 6}, 784, 100, 10, 0.1, 0.1, at::kCPU);
  const auto w1 = weights(net)[0];
  CHECK(at::equal(w1[0], w1[1]));
  CHECK_FALSE(at::equal(w1[0], w1[2]));
  // 78 400 squares: relative sd sqrt(2 / 78400) = 0.005
  CHECK(w1[0].square().mean().item<double>() * 784 == doctest::Approx(1).epsilon(0.028));
}
