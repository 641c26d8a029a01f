#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/train/flat_adamw.hpp"

#include <doctest/doctest.h>

using namespace assay;

TEST_CASE("AdamW on one vector takes the steps of PyTorch's, and keeps layouts") {
  const auto make = [] {
    at::manual_seed(4);
    torch::nn::Sequential net(torch::nn::Conv2d(3, 5, 3), torch::nn::ReLU(), torch::nn::Flatten(),
                              torch::nn::Linear(5 * 6 * 6, 4));
    nn::channels_last(*net);
    return net;
  };
  auto ours = make(), theirs = make();
  train::FlatAdamW flat(*ours, {.weight_decay = 0.1});
  torch::optim::AdamW peer(theirs->parameters(), torch::optim::AdamWOptions().weight_decay(0.1));
  CHECK(ours->parameters()[0].is_contiguous(at::MemoryFormat::ChannelsLast));

  for (int step = 1; step <= 20; ++step) {
    const double rate = 0.01 / step;
    const auto x = at::randn({7, 3, 8, 8});
    const auto loss = [&](torch::nn::Sequential& net) { return net->forward(x).square().mean(); };
    flat.zero_gradients();
    loss(ours).backward();
    flat.step(rate);
    for (auto& group : peer.param_groups()) group.options().set_lr(rate);
    peer.zero_grad();
    loss(theirs).backward();
    peer.step();
  }
  for (size_t i = 0; i < ours->parameters().size(); ++i)
    CHECK(at::allclose(ours->parameters()[i], theirs->parameters()[i], 1e-5, 1e-6));
}

TEST_CASE("AdamW goes on from its state to the same bits") {
  const auto take = [](train::FlatAdamW& adamw, torch::nn::Linear& net, int from, int to) {
    for (int step = from; step < to; ++step) {
      adamw.zero_gradients();
      net->forward(at::full({2, 3}, 0.1 * step)).square().sum().backward();
      adamw.step(0.01);
    }
  };
  at::manual_seed(5);
  torch::nn::Linear whole(3, 2), part(3, 2);
  train::FlatAdamW a(*whole, {}), b(*part, {});
  take(a, whole, 0, 4);
  const at::NoGradGuard no_grad;
  const auto from = a.state(), to = b.state();
  for (size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
  b.set_steps(a.steps());
  {
    const at::AutoGradMode on(true);
    take(a, whole, 4, 9);
    take(b, part, 4, 9);
  }
  CHECK(at::equal(a.parameters(), b.parameters()));
}
