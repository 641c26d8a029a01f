// Gradient accounting against gradients that are computed in another way.
#include "plugins/localization/accounting.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;
using namespace localization;
using train::ParameterSlice;

namespace {

constexpr int64_t kExamples = 24;

train::Examples examples() {
  torch::manual_seed(9);
  return {at::randint(0, 256, {kExamples, 12, 12, 1}, at::kByte),
          at::randint(0, 4, {kExamples}, at::kLong),
          {-1, 1}};
}

/// Every third example is memorised.
at::Tensor every_third() { return at::arange(kExamples).remainder(3).eq(0); }

std::shared_ptr<nn::Classifier> network(const std::string& model) {
  torch::manual_seed(1);
  return nn::make_classifier({model, 0.125, {1, 12, 12}, 4, {-1, 1}, 1, {}});
}

/// A learner whose steps are accounted for.
struct Accounted {
  Accounting accounting;
  train::AutogradLearner learner;

  Accounted(const std::string& model, const at::Tensor& memorised)
      : accounting(memorised), learner(network(model), at::kCPU, options()) {
    accounting.attach(learner);
  }
  train::AutogradOptions options() {
    train::AutogradOptions o;
    o.sgd = {0, 0};
    o.backward = [this](const at::Tensor& losses, const at::Tensor& ids) {
      accounting.backward(losses, ids);
    };
    return o;
  }
  void step(const std::vector<int64_t>& batch, double rate = 0) {
    std::vector<uint8_t> correct(batch.size());
    learner.step(examples(), batch, rate, correct.data());
  }
};

/// The gradient of the sum of weights[j] * loss[batch[j]], by one backward pass.
at::Tensor gradient(nn::Classifier& net, const std::vector<int64_t>& batch,
                    const at::Tensor& weights) {
  const auto data = examples();
  const auto ids = at::tensor(batch);
  net.train();
  const auto losses = at::cross_entropy_loss(
      net.forward(data.at(ids)), data.labels.index_select(0, ids), {}, at::Reduction::None);
  std::vector<at::Tensor> parts;
  for (const auto& g : torch::autograd::grad({(losses * weights).sum()}, net.parameters()))
    parts.push_back(g.flatten());
  return at::cat(parts);
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

const std::vector<int64_t> kBatch{0, 1, 2, 3, 7, 9, 11, 12, 20, 22};

}  // namespace

TEST_CASE("clean and memorised gradients are those of their parts, and add up to the step's") {
  for (const char* model : {"cnn_small", "resnet9", "vit"}) {
    CAPTURE(model);
    Accounted accounted(model, every_third());
    const auto ids = at::tensor(kBatch);
    const auto noisy = every_third().index_select(0, ids).to(at::kFloat) / 10;
    // dropout draws the same for both when it starts from the same seed
    torch::manual_seed(5);
    accounted.step(kBatch);
    const auto total = accounted.learner.gradients().clone();
    torch::manual_seed(5);
    CHECK(distance(total, gradient(*network(model), kBatch, at::full({10}, 0.1))) < 1e-6);
    torch::manual_seed(5);
    CHECK(distance(accounted.accounting.noisy(), gradient(*network(model), kBatch, noisy)) < 1e-6);
    torch::manual_seed(5);
    CHECK(distance(accounted.accounting.clean(), gradient(*network(model), kBatch, 0.1 - noisy)) <
          1e-6);
    CHECK(distance(accounted.accounting.clean() + accounted.accounting.noisy(), total) < 1e-6);
  }
}

TEST_CASE("gradients add up over an epoch along the moving trajectory") {
  Accounted accounted("resnet9", every_third());
  const std::vector<int64_t> first{0, 1, 2, 3, 4}, second{5, 6, 7, 8, 9};
  accounted.step(first, 0.1);
  const auto before = accounted.accounting.noisy().clone();
  auto moved = network("resnet9");
  {
    const at::NoGradGuard no_grad;
    auto mine = moved->named_parameters();
    for (const auto& p : accounted.learner.network()->named_parameters())
      mine[p.key()].copy_(p.value());
  }
  accounted.step(second, 0.1);
  const auto weights = every_third().narrow(0, 5, 5).to(at::kFloat) / 5;
  CHECK(distance(accounted.accounting.noisy() - before, gradient(*moved, second, weights)) < 1e-5);
  accounted.accounting.clear();
  CHECK(accounted.accounting.noisy().norm().item<double>() == 0);
}

TEST_CASE("a batch without a memorised example adds nothing to their gradient") {
  Accounted accounted("resnet9", every_third());
  accounted.step({1, 2, 4, 5});
  CHECK(accounted.accounting.noisy().abs().max().item<double>() == 0);
  CHECK(at::equal(accounted.accounting.clean(), accounted.learner.gradients()));
  const auto groups = make_groups(*accounted.learner.network(), {});
  for (const auto& g : compare(accounted.accounting.clean(), accounted.accounting.noisy(),
                               accounted.learner.layout(), groups, CosineMode::mean_of_tensors)) {
    CHECK(g.norm_noisy == 0);
    CHECK(g.ratio == 0);
    CHECK(g.norm_total == g.norm_clean);
    CHECK(std::isnan(g.cosine));
  }
}

TEST_CASE(
    "norms divide by sqrt(numel) tensor by tensor; a tensor without a gradient has no cosine") {
  // Group a: tensors x = (3, 4 | 0, 5), y = (2 | 0); group b: z = (1, 0, 0, 0 | -2, 0, 0, 0).
  const auto clean = at::tensor({3.0f, 4.0f, 2.0f, 1.0f, 0.0f, 0.0f, 0.0f});
  const auto noisy = at::tensor({0.0f, 5.0f, 0.0f, -2.0f, 0.0f, 0.0f, 0.0f});
  const std::vector<ParameterSlice> layout{{"x", 0, 2}, {"y", 2, 1}, {"z", 3, 4}};
  const std::vector<Group> groups{{"a", {"x", "y"}, {}}, {"b", {"z"}, {}}};
  const auto mean = compare(clean, noisy, layout, groups, CosineMode::mean_of_tensors);
  const auto whole = compare(clean, noisy, layout, groups, CosineMode::concatenated);
  CHECK(mean[0].norm_clean == doctest::Approx(5 / std::sqrt(2.0) + 2));
  CHECK(mean[0].norm_noisy == doctest::Approx(5 / std::sqrt(2.0)));
  CHECK(mean[0].norm_total == doctest::Approx(std::sqrt(90 / 2.0) + 2));
  CHECK(mean[0].ratio == doctest::Approx(mean[0].norm_noisy / mean[0].norm_clean));
  CHECK(mean[0].cosine == doctest::Approx(20.0 / 25));                       // x alone
  CHECK(whole[0].cosine == doctest::Approx(20.0 / std::sqrt(29.0 * 25.0)));  // (3, 4, 2), (0, 5, 0)
  CHECK(mean[1].norm_clean == doctest::Approx(0.5));
  CHECK(mean[1].norm_total == doctest::Approx(0.5));
  CHECK(mean[1].cosine == doctest::Approx(-1));
}
