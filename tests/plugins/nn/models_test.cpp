#include "plugins/common/nn/classifier.hpp"

#include <doctest/doctest.h>

using namespace assay::nn;

namespace {

ClassifierConfig config(const std::string& model, double width = 1, ImageShape image = {}) {
  return {model, width, image, 10, {}, 1, {}};
}

const char* const kBuiltIn[] = {"mlp",     "mlp2",     "cnn_small", "lenet",
                                "resnet9", "resnet18", "resnet50",  "vit"};

int64_t parameter_count(const ClassifierConfig& c) {
  int64_t n = 0;
  for (const auto& p : make_classifier(c)->parameters()) n += p.numel();
  return n;
}

}  // namespace

TEST_CASE("a network has the number of parameters worked out by hand") {
  // 784*128 + 128 + 128*10 + 10
  CHECK(parameter_count(config("mlp")) == 101770);
  // 16*9 + 16 + 32*16*9 + 32 + 32*7*7*128 + 128 + 128*10 + 10
  CHECK(parameter_count(config("cnn_small")) == 206922);
  // 32*25 + 32 + 64*32*25 + 64 + 64*5*5*1024 + 1024 + 1024*10 + 10: 28 -> 26 -> 13 -> 11 -> 5
  CHECK(parameter_count(config("lenet")) == 1701770);
  // convolutions 9*64 + 25*64*128 + 2*9*128*128 + 9*128*256 + 2*9*256*256 + 9*256*128, two numbers
  // of batch norm for each of 64 + 3*128 + 3*256 + 128 channels, and 128*10
  CHECK(parameter_count(config("resnet9")) == 2273728);
  // 784*512 + 512 + 512*512 + 512 + 512*10 + 10
  CHECK(parameter_count(config("mlp2")) == 669706);
  // torchvision's resnet18 with 1000 classes has 11 689 512; ten classes are 990 * 513 fewer, and
  // one colour channel 2 * 49 * 64 fewer
  CHECK(parameter_count(config("resnet18")) == 11689512 - 990 * 513 - 2 * 49 * 64);
  // torchvision's resnet50 has 25 557 032; less 990 * 2049, and a 3x3x1 stem for a 7x7x3 one
  CHECK(parameter_count(config("resnet50")) == 25557032 - 990 * 2049 - (147 - 9) * 64);
  // vit: patches 2*20 + 21*512, tokens 512 + 197*512; a block: norms 4*512, attention 512*1536 +
  // 513*512 + 1, perceptron 2*513*512; head 2*512 + 513*10
  CHECK(parameter_count(config("vit")) ==
        40 + 21 * 512 + 198 * 512 + 6 * (4 * 512 + 512 * 1536 + 513 * 512 + 1 + 2 * 513 * 512) +
            2 * 512 + 5130);
  // width 1/4 of resnet9 on colour images: 27*16 + 25*16*32 + 2*9*32*32 + 9*32*64 + 2*9*64*64 +
  // 9*64*32 + 2*(16 + 3*32 + 3*64 + 32) + 32*10
  CHECK(parameter_count(config("resnet9", 0.25, {3, 32, 32})) == 143248);
}

TEST_CASE("a network maps images of any shape to one logit a class") {
  for (const char* model : kBuiltIn)
    for (const ImageShape& image : {ImageShape{1, 28, 28}, ImageShape{3, 18, 22}}) {
      CAPTURE(model);
      auto net = make_classifier({model, 0.25, image, 7, {}, 1, {}});
      const auto logits = net->forward(at::rand({5, image.channels, image.height, image.width}));
      CHECK(logits.sizes() == at::IntArrayRef({5, 7}));
      CHECK(logits.isfinite().all().item<bool>());
    }
}

TEST_CASE("the gradient of the loss reaches every parameter") {
  for (const char* model : kBuiltIn) {
    torch::manual_seed(3);
    auto net = make_classifier(config(model, 0.5));
    const auto labels = at::randint(0, 10, {16}, at::kLong);
    at::cross_entropy_loss(net->forward(at::rand({16, 1, 28, 28})), labels).backward();
    for (const auto& p : net->named_parameters()) {
      CAPTURE(std::string(model) + " " + p.key());
      REQUIRE(p.value().grad().defined());
      CHECK(p.value().grad().abs().sum().item<double>() > 0);
    }
  }
}

TEST_CASE("initial weights are uniform within 1 / sqrt(fan-in), as PyTorch's default") {
  torch::manual_seed(0);
  auto net = make_classifier(config("cnn_small"));
  const auto w = net->named_parameters()["conv2.weight"];  // fan-in 16 * 9: bound 1/12
  CHECK(w.abs().max().item<double>() <= 1.0 / 12);
  CHECK(w.abs().max().item<double>() > 0.99 / 12);
  CHECK(w.std().item<double>() == doctest::Approx(1 / (12 * std::sqrt(3.0))).epsilon(0.03));
}

TEST_CASE("equal seeds make equal networks") {
  for (const char* model : kBuiltIn) {
    torch::manual_seed(5);
    auto first = make_classifier(config(model, 0.25));
    torch::manual_seed(5);
    auto second = make_classifier(config(model, 0.25));
    const auto a = weights(*first), b = weights(*second);
    for (size_t i = 0; i < a.size(); ++i) CHECK(a[i].second.equal(b[i].second));
  }
}

TEST_CASE("resnet9 scales its logits by 0.2 and has no bias in its last layer") {
  auto net = make_classifier(config("resnet9", 0.25));
  const auto names = net->named_parameters();
  CHECK_FALSE(names.contains("linear.bias"));
  const auto images = at::rand({4, 1, 28, 28});
  net->eval();
  const auto before = net->forward(images);
  const at::NoGradGuard no_grad;
  names["linear.weight"].mul_(5);
  CHECK(net->forward(images).allclose(before * 5, 1e-4, 1e-6));
}

TEST_CASE("a configuration survives its JSON text, and other text is refused") {
  const ClassifierConfig c{"lenet", 0.5, {3, 32, 30}, 7, {-1, 1}, 0.2, {}};
  const auto back = classifier_config(to_json(c));
  CHECK(back.model == "lenet");
  CHECK(back.width == 0.5);
  CHECK(back.image.channels == 3);
  CHECK(back.image.height == 32);
  CHECK(back.image.width == 30);
  CHECK(back.classes == 7);
  CHECK(back.pixels.low == -1);
  CHECK(back.pixels.high == 1);
  CHECK(back.kept == 0.2);
  CHECK_THROWS_AS(classifier_config("{}"), std::invalid_argument);
  CHECK_THROWS_AS(classifier_config("not json"), std::invalid_argument);
}

TEST_CASE("images too small for a network are refused, and so is an unknown network") {
  CHECK_THROWS_AS(make_classifier(config("lenet", 1, {1, 9, 9})), std::invalid_argument);
  CHECK_THROWS_AS(make_classifier(config("resnet9", 1, {1, 10, 28})), std::invalid_argument);
  CHECK_THROWS_AS(make_classifier(config("resnet10")), std::invalid_argument);
  auto smallest = make_classifier(config("resnet9", 0.1, {1, 11, 11}));
  CHECK(smallest->forward(at::rand({2, 1, 11, 11})).size(1) == 10);
}

TEST_CASE("a forward pass from the middle of the chain gives the whole network's logits") {
  const at::NoGradGuard no_grad;
  const auto images = at::rand({3, 1, 28, 28});
  for (const char* model : kBuiltIn) {
    auto net = make_classifier(config(model, 0.25));
    net->eval();
    const auto whole = net->forward(images);
    Flow flow{images, {}};
    for (size_t i = 0; i < net->segments().size(); ++i) {
      CAPTURE(std::string(model) + " from " + net->segments()[i]);
      CHECK(net->forward(flow, i).equal(whole));
      flow = net->run(i, flow);
    }
  }
}

TEST_CASE("every tensor of a network is in the segment that its name begins with") {
  for (const char* model : kBuiltIn) {
    auto net = make_classifier(config(model, 0.25));
    for (const auto& [name, tensor] : weights(*net)) {
      CAPTURE(std::string(model) + " " + name);
      const auto& s = net->segments();
      CHECK(std::find(s.begin(), s.end(), name.substr(0, name.find('.'))) != s.end());
    }
  }
}
