#include "plugins/common/nn/kernels.hpp"
#include "plugins/common/torch.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace assay::nn;

namespace {

std::vector<float> random(int64_t n, uint64_t seed) {
  assay::Stream stream(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (auto& v : out) v = static_cast<float>(stream.uniform() - 0.5);
  return out;
}

double dot(const std::vector<float>& x, const std::vector<float>& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

}  // namespace

TEST_CASE("fold is the transpose of unfold") {
  for (const Window& w :
       {Window{5, 7, 1, 3, 2, 1}, Window{6, 5, 4, 5, 1, 1}, Window{4, 4, 17, 3, 1, 0}}) {
    const auto all = runs(w);
    const auto x = random(2 * w.size(), 1), p = random(2 * w.out_pixels() * w.patch(), 2);
    std::vector<float> patches(p.size()), images(x.size());
    unfold(x.data(), 2, w, all, patches.data());
    fold(p.data(), 2, w, all, images.data());
    CHECK(dot(patches, p) == doctest::Approx(dot(x, images)).epsilon(1e-5));
  }
}

TEST_CASE("a 3x3 patch at the corner holds the four pixels inside the image") {
  const Window w{3, 3, 1, 3, 2, 1};  // pixels 1 .. 9; patches around pixels 1, 3, 7, 9
  std::vector<float> x(9);
  std::iota(x.begin(), x.end(), 1.0f);
  std::vector<float> patches(4 * 9);
  unfold(x.data(), 1, w, runs(w), patches.data());
  CHECK(std::vector<float>(patches.begin(), patches.begin() + 9) ==
        std::vector<float>{0, 0, 0, 0, 1, 2, 0, 4, 5});
  CHECK(std::vector<float>(patches.begin() + 27, patches.end()) ==
        std::vector<float>{5, 6, 0, 8, 9, 0, 0, 0, 0});
}

TEST_CASE("the gradient of a bias is the sum over the rows that ReLU lets through") {
  // 18 columns: a vector of sixteen and two more
  const int64_t rows = 5, columns = 18;
  const auto y = random(rows * columns, 3);
  const auto before = random(rows * columns, 4);
  for (const bool relu : {false, true}) {
    auto dy = before;
    std::vector<float> sum(columns, 99);
    bias_gradient(dy.data(), y.data(), sum.data(), rows, columns, relu);
    for (int64_t o = 0; o < columns; ++o) {
      double expected = 0;
      for (int64_t m = 0; m < rows; ++m) {
        const auto at = static_cast<size_t>(m * columns + o);
        const float passed = relu && y[at] <= 0 ? 0.0f : before[at];
        CHECK(dy[at] == passed);
        expected += passed;
      }
      CAPTURE(o);
      CHECK(sum[static_cast<size_t>(o)] == doctest::Approx(expected).epsilon(1e-5));
    }
  }
}

TEST_CASE("cross-entropy agrees with LibTorch, also for logits of hundreds") {
  for (const double scale : {1.0, 300.0}) {
    torch::manual_seed(1);
    auto logits = (at::randn({9, 6}) * scale).requires_grad_();
    const auto labels = at::randint(0, 6, {9}, at::kLong);
    const auto loss = at::cross_entropy_loss(logits, labels);
    loss.backward();
    std::vector<uint8_t> correct(9);
    std::vector<float> probability(9), gradient(54);
    const double mine =
        cross_entropy(logits.const_data_ptr<float>(), labels.const_data_ptr<int64_t>(), 9, 6,
                      correct.data(), probability.data(), gradient.data());
    CHECK(mine / 9 == doctest::Approx(loss.item<double>()).epsilon(1e-6));
    CHECK(at::tensor(gradient).view({9, 6}).allclose(logits.grad(), 1e-5, 1e-7));
    const auto p = logits.softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1);
    CHECK(at::tensor(probability).allclose(p, 1e-5, 1e-7));
    const auto right = logits.argmax(1).eq(labels);
    for (int64_t i = 0; i < 9; ++i)
      CHECK(static_cast<bool>(correct[static_cast<size_t>(i)]) == right[i].item<bool>());
  }
}

TEST_CASE("a step of descent is that of torch.optim.SGD, over five steps") {
  torch::manual_seed(2);
  auto reference = at::randn({1000}).requires_grad_();
  auto p = reference.detach().clone();
  torch::optim::SGD sgd({reference},
                        torch::optim::SGDOptions(0.05).momentum(0.9).weight_decay(5e-3));
  auto momentum = at::zeros({1000});
  for (int i = 0; i < 5; ++i) {
    const auto gradient = at::randn({1000});
    reference.mutable_grad() = gradient.clone();
    sgd.step();
    sgd_step(p.data_ptr<float>(), momentum.data_ptr<float>(), gradient.const_data_ptr<float>(),
             1000, 0.05f, 0.9f, 5e-3f);
  }
  CHECK(p.allclose(reference, 1e-5, 1e-6));
}

TEST_CASE("gathered images are the bytes over 255") {
  const std::vector<uint8_t> bytes{0, 255, 51, 102, 10, 20};
  const std::vector<int64_t> index{2, 0};
  std::vector<float> out(4);
  gather_scaled(bytes.data(), index.data(), 2, 2, 255, 0, out.data());
  CHECK(out == std::vector<float>{10 / 255.0f, 20 / 255.0f, 0, 1});
}
