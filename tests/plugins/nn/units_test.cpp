#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

#include <doctest/doctest.h>

using namespace assay::nn;

namespace {

std::shared_ptr<Classifier> network(const std::string& model) {
  torch::manual_seed(4);
  auto net = make_classifier({model, 0.25, {1, 16, 16}, 4, {}, 1, {}});
  net->eval();
  return net;
}

const char* const kModels[] = {"mlp2", "cnn_small", "lenet", "resnet9", "resnet18", "vit"};

}  // namespace

TEST_CASE("a unit that is switched off computes what it does with zero weights") {
  const at::NoGradGuard no_grad;
  const auto images = at::rand({3, 1, 16, 16});
  for (const char* model : kModels) {
    auto gated = network(model), zeroed = network(model);
    for (const auto& [name, layer] : unit_layers(*gated)) {
      CAPTURE(std::string(model) + " " + name);
      layer->gate = at::ones({1, layer->units()});
      layer->gate[0][1] = 0;
      auto weight = zeroed->named_parameters()[name];
      const auto kept = weight[1].clone();
      weight[1].zero_();
      CHECK(gated->forward(images).allclose(zeroed->forward(images), 1e-4, 1e-6));
      weight[1].copy_(kept);
      layer->gate = at::Tensor();
    }
  }
}

TEST_CASE("the derivative by a gate is the sum of weight times gradient over the unit") {
  const auto images = at::rand({5, 1, 16, 16});
  const auto labels = at::randint(0, 4, {5}, at::kLong);
  for (const char* model : kModels) {
    auto net = network(model);
    const auto layers = unit_layers(*net);
    for (const auto& [name, layer] : layers)
      layer->gate = at::ones({1, layer->units()}).requires_grad_(true);
    at::cross_entropy_loss(net->forward(images), labels).backward();
    for (const auto& [name, layer] : layers) {
      CAPTURE(std::string(model) + " " + name);
      const auto w = net->named_parameters()[name];
      CHECK(layer->gate.grad().squeeze(0).allclose((w * w.grad()).flatten(1).sum(1), 1e-3, 1e-6));
    }
  }
}

TEST_CASE("gates of one example leave the others alone") {
  const at::NoGradGuard no_grad;
  const auto images = at::rand({3, 1, 16, 16});
  auto net = network("resnet9");
  const auto plain = net->forward(images);
  for (const auto& [name, layer] : unit_layers(*net)) {
    layer->gate = at::ones({3, layer->units()});
    layer->gate[2].zero_();
  }
  const auto logits = net->forward(images);
  CHECK(logits.narrow(0, 0, 2).allclose(plain.narrow(0, 0, 2), 1e-5, 1e-6));
  CHECK_FALSE(logits[2].allclose(plain[2], 1e-3, 1e-3));
}

TEST_CASE("a convolution with the norm folded in computes what the two do one after the other") {
  for (const char* model : {"resnet9", "resnet18", "resnet50"}) {
    CAPTURE(model);
    auto net = network(model);
    net->train();
    for (int i = 0; i < 3; ++i) net->forward(at::rand({8, 1, 16, 16}) * 3 + 1);  // statistics
    for (auto& p : net->named_parameters())
      if (p.value().dim() == 1) p.value().data().uniform_(-1, 2);
    net->eval();
    const auto images = at::rand({5, 1, 16, 16});
    const auto apart = net->forward(images).detach();
    const at::NoGradGuard no_grad;
    CHECK(net->forward(images).allclose(apart, 1e-4, 1e-5));
    CHECK_FALSE(at::equal(apart, at::zeros_like(apart)));
  }
}
