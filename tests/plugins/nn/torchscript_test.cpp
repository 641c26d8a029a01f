// A user's TorchScript file as a network.
#include "plugins/common/nn/classifier.hpp"

#include <doctest/doctest.h>
#include <torch/script.h>

#include <sstream>

using namespace assay::nn;

namespace {

/// What torch.jit.save writes of a linear classifier of 6x6 images with 3 classes.
std::string saved(bool classifier = true) {
  torch::jit::Module inner("Linear"), module("Net");
  torch::manual_seed(1);
  inner.register_parameter("weight", at::randn({3, 36}), false);
  inner.register_parameter("bias", at::randn({3}), false);
  inner.define("def forward(self, x):\n    return torch.matmul(x, self.weight.t()) + self.bias\n");
  module.register_module("body", inner);
  module.define(classifier
                    ? "def forward(self, x):\n    return self.body.forward(torch.flatten(x, 1))\n"
                    : "def forward(self, x):\n    return x\n");
  std::ostringstream out;
  module.save(out);
  return out.str();
}

ClassifierConfig config(std::string bytes) {
  return {"torchscript", 1, {1, 6, 6}, 3, {}, 1, std::move(bytes)};
}

}  // namespace

TEST_CASE("a TorchScript module's parameters keep their names, and training them changes it") {
  auto net = make_classifier(config(saved()));
  const auto names = net->named_parameters();
  REQUIRE(names.contains("body.weight"));
  REQUIRE(names.contains("body.bias"));
  const auto images = at::rand({2, 1, 6, 6});
  const auto expected =
      at::matmul(images.flatten(1), names["body.weight"].t()) + names["body.bias"];
  CHECK(net->forward(images).allclose(expected));
  const at::NoGradGuard no_grad;
  names["body.bias"].add_(1);
  CHECK(net->forward(images).allclose(expected + 1));
}

TEST_CASE("a file that is no such network is refused with a sentence") {
  CHECK_THROWS_WITH_AS(
      make_classifier(config("")),
      "model = \"torchscript\" needs the input `network`: a file saved by torch.jit.save",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_classifier(config("not a module")),
                       "the input `network` is not a TorchScript module", std::invalid_argument);
  CHECK_THROWS_WITH_AS(make_classifier(config(saved(false))),
                       "the TorchScript module gives [2, 1, 6, 6] for two images, but the data's "
                       "classes need logits [2, 3]",
                       std::invalid_argument);
  auto larger = config(saved());
  larger.image.height = 7;
  CHECK_THROWS_WITH_AS(make_classifier(larger),
                       "the TorchScript module does not take images (B, 1, 7, 6)",
                       std::invalid_argument);
}
