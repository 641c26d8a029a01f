// The U-Net: its size, its parts against an oracle, and that it can be trained.
#include "plugins/diffusion/unet.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace diffusion;

namespace {

NetworkConfig large() {
  NetworkConfig c;
  c.net = "unet";
  c.shape = {1, 64, 64};
  return c;
}

NetworkConfig small() {
  NetworkConfig c = large();
  c.shape = {1, 24, 24};
  c.channels = 16;
  c.mult = {1, 2, 2};
  c.res_blocks = 1;
  c.attention_at = {};
  c.heads = 1;
  return c;
}

int64_t size(const torch::nn::Module& net) {
  int64_t n = 0;
  for (const auto& p : net.parameters()) n += p.numel();
  return n;
}

/// Parameter i of a tensor: 0.2 sin(i + the sum of its name's bytes), and 1 more for norms' scales.
void fill(torch::nn::Module& net) {
  const torch::NoGradGuard no_grad;
  for (auto& p : net.named_parameters()) {
    const std::string& name = p.key();
    double phase = 0;
    for (const char c : name) phase += static_cast<unsigned char>(c);
    const bool scale = name.find("norm") != std::string::npos && name.ends_with("weight");
    const auto values = 0.2 * at::sin(at::arange(p->numel(), at::kDouble) + phase);
    p->copy_((values + (scale ? 1.0 : 0.0)).reshape(p->sizes()));
  }
}

at::Tensor tensor(const nlohmann::json& values, at::IntArrayRef shape) {
  return torch::tensor(values.get<std::vector<double>>(), at::kDouble).reshape(shape);
}

}  // namespace

TEST_CASE("the two published sizes have as many parameters as improved-diffusion's") {
  auto c = large();
  c.channels = 32;
  c.mult = {1, 2, 2, 2};
  c.res_blocks = 1;
  c.attention_at = {};
  CHECK(size(*make_unet(c)) == 1'577'153);
  CHECK(size(*make_unet(large())) == 92'021'121);
}

TEST_CASE("the network equals an implementation in numpy, part by part in one pass") {
  std::ifstream file(ASSAY_ORACLES "/unet.json");
  REQUIRE(file);
  const auto cases = nlohmann::json::parse(file)["cases"];
  REQUIRE(cases.size() == 3);
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const auto& o = cases[i];
    auto c = large();
    c.shape = {o["image_channels"], o["height"], o["width"]};
    c.channels = o["channels"];
    c.mult = o["mult"].get<std::vector<int64_t>>();
    c.res_blocks = o["res_blocks"];
    c.attention_at = o["attention_at"].get<std::vector<int64_t>>();
    c.heads = o["heads"];
    c.scale_shift = o["scale_shift"];
    c.learned_variance = o["learned_variance"];
    const auto net = make_unet(c);
    net->to(at::kDouble);
    fill(*net);
    const auto x = tensor(o["x"], {2, c.shape[0], c.shape[1], c.shape[2]});
    const auto y = tensor(o["y"], {2, c.outputs()});
    const auto got = net->forward(x, tensor(o["t"], {2}));
    REQUIRE(got.sizes() == y.sizes());
    // Double precision through about 30 layers.
    CHECK((got - y).abs().max().item<double>() < 1e-9 * y.abs().max().item<double>());
  }
}

TEST_CASE("a fresh network predicts no noise") {
  torch::manual_seed(1);
  const auto net = make_unet(small());
  const auto y = net->forward(torch::randn({2, 1, 24, 24}), torch::tensor({3, 500}));
  CHECK(y.sizes() == at::IntArrayRef{2, 576});
  CHECK(y.abs().max().item<float>() == 0);
}

TEST_CASE("an image's prediction depends on it and on its timestep alone") {
  torch::manual_seed(2);
  const auto net = make_unet(small());
  fill(*net);
  const torch::NoGradGuard no_grad;
  const auto x = torch::randn({3, 1, 24, 24});
  const auto t = torch::tensor({3, 500, 999});
  const auto all = net->forward(x, t), alone = net->forward(x.narrow(0, 1, 1), t.narrow(0, 1, 1));
  CHECK(at::allclose(all.narrow(0, 1, 1), alone, 1e-4, 1e-5));
  const auto later = net->forward(x, t + 1);
  CHECK((later - all).abs().max().item<float>() > 1e-3);
}

TEST_CASE("the gradient reaches every parameter") {
  torch::manual_seed(3);
  auto c = small();
  c.attention_at = {2};
  c.heads = 4;
  const auto net = make_unet(c);
  fill(*net);
  const auto y = net->forward(torch::randn({2, 1, 24, 24}), torch::tensor({3, 500}));
  (y * torch::randn_like(y)).sum().backward();
  for (const auto& p : net->named_parameters()) {
    CAPTURE(p.key());
    REQUIRE(p->grad().defined());
    CHECK(p->grad().abs().max().item<float>() > 0);
  }
}

TEST_CASE("the network learns to tell one image from its noise") {
  // One 8 x 8 image, t fixed: predicting no noise has the loss 1; 60 steps of Adam bring it below
  // a tenth.
  torch::manual_seed(4);
  auto c = small();
  c.shape = {1, 8, 8};
  const auto net = make_unet(c);
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(3e-3));
  const auto image = torch::randn({1, 1, 8, 8}).sign();
  const auto t = torch::full({32}, 300);
  double loss = 0;
  for (int step = 0; step < 60; ++step) {
    const auto noise = torch::randn({32, 1, 8, 8});
    const auto error =
        (net->forward(0.7 * image + 0.7 * noise, t) - noise.flatten(1)).square().mean();
    adam.zero_grad();
    error.backward();
    adam.step();
    loss = error.item<double>();
  }
  CHECK(loss < 0.1);
}

TEST_CASE("the embedding has the cosines first, at wavelengths from 2 pi to nearly 20000 pi") {
  const auto e = timestep_embedding(torch::tensor({7.0}, at::kDouble), 4);
  const std::vector<double> expected{std::cos(7.0), std::cos(0.07), std::sin(7.0), std::sin(0.07)};
  for (int64_t i = 0; i < 4; ++i)
    CHECK(e[0][i].item<double>() == doctest::Approx(expected[static_cast<size_t>(i)]));
}

TEST_CASE("images that cannot be halved as often as asked are refused") {
  auto c = small();
  c.shape = {1, 14, 14};
  CHECK_THROWS_WITH_AS(check_unet(c),
                       "images of 14 x 14 cannot be halved 2 times; give mult fewer factors, or "
                       "make the images a multiple of 4",
                       std::invalid_argument);
  c.mult = {1, 2};
  CHECK_NOTHROW(check_unet(c));
  c.shape = {2};
  CHECK_THROWS_WITH_AS(check_unet(c), "net = \"unet\" takes images, but the data are points",
                       std::invalid_argument);
  c = small();
  c.channels = 15;
  CHECK_THROWS_WITH_AS(check_unet(c), "channels must be even, not 15", std::invalid_argument);
  c.channels = 6;
  c.heads = 5;
  CHECK_THROWS_WITH_AS(check_unet(c), "12 channels cannot be shared among 5 heads of attention",
                       std::invalid_argument);
}
