#include "plugins/common/nn/classifier.hpp"

#include <doctest/doctest.h>

using namespace assay::nn;

namespace {

ClassifierConfig config(const std::string& model, double width = 1, ImageShape image = {}) {
  return {model, width, image, 10};
}

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
  // width 1/4 of resnet9 on colour images: 27*16 + 25*16*32 + 2*9*32*32 + 9*32*64 + 2*9*64*64 +
  // 9*64*32 + 2*(16 + 3*32 + 3*64 + 32) + 32*10
  CHECK(parameter_count(config("resnet9", 0.25, {3, 32, 32})) == 143248);
}

TEST_CASE("a network maps images of any shape to one logit a class") {
  for (const char* model : {ASSAY_CLASSIFIERS})
    for (const ImageShape& image : {ImageShape{1, 28, 28}, ImageShape{3, 17, 21}}) {
      CAPTURE(model);
      auto net = make_classifier({model, 0.25, image, 7});
      const auto logits = net->forward(at::rand({5, image.channels, image.height, image.width}));
      CHECK(logits.sizes() == at::IntArrayRef({5, 7}));
      CHECK(logits.isfinite().all().item<bool>());
    }
}

TEST_CASE("the gradient of the loss reaches every parameter") {
  for (const char* model : {ASSAY_CLASSIFIERS}) {
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
  for (const char* model : {ASSAY_CLASSIFIERS}) {
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
  CHECK_FALSE(names.contains("fc.bias"));
  const auto images = at::rand({4, 1, 28, 28});
  net->eval();
  const auto before = net->forward(images);
  const at::NoGradGuard no_grad;
  names["fc.weight"].mul_(5);
  CHECK(net->forward(images).allclose(before * 5, 1e-4, 1e-6));
}

TEST_CASE("a configuration survives its JSON text, and other text is refused") {
  const ClassifierConfig c{"lenet", 0.5, {3, 32, 30}, 7};
  const auto back = classifier_config(to_json(c));
  CHECK(back.model == "lenet");
  CHECK(back.width == 0.5);
  CHECK(back.image.channels == 3);
  CHECK(back.image.height == 32);
  CHECK(back.image.width == 30);
  CHECK(back.classes == 7);
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
