// Which group each tensor of a network is in.
#include "plugins/localization/groups.hpp"

#include <doctest/doctest.h>
#include <torch/script.h>

#include <set>
#include <sstream>

using namespace assay;
using namespace localization;

namespace {

std::shared_ptr<nn::Classifier> network(const std::string& model, double width = 0.125) {
  return nn::make_classifier({model, width, {1, 12, 12}, 4, {}, 1, {}});
}

std::vector<std::string> names(const std::vector<Group>& groups) {
  std::vector<std::string> out;
  for (const auto& g : groups) out.push_back(g.name);
  return out;
}

std::string refusal(const std::vector<std::string>& rules) {
  try {
    make_groups(*network("resnet9"), rules);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return {};
}

std::string saved_module(torch::jit::Module module) {
  std::ostringstream bytes;
  module.save(bytes);
  return bytes.str();
}

}  // namespace

TEST_CASE("by default the groups are the network's segments, and hold every tensor once") {
  for (const char* model : {"mlp2", "lenet", "resnet9", "resnet18", "vit"}) {
    CAPTURE(model);
    const auto net = network(model);
    const auto groups = make_groups(*net, {});
    CHECK(names(groups) == net->segments());
    std::multiset<std::string> grouped, all;
    for (size_t g = 0; g < groups.size(); ++g) {
      CHECK(first_segment(*net, groups[g]) == g);
      grouped.insert(groups[g].parameters.begin(), groups[g].parameters.end());
      grouped.insert(groups[g].buffers.begin(), groups[g].buffers.end());
    }
    for (const auto& w : nn::weights(*net)) all.insert(w.first);
    CHECK(grouped == all);
  }
}

TEST_CASE("rules name groups; buffers go with the parameters they stand beside") {
  const auto net = network("resnet9");
  const auto groups = make_groups(
      *net, {"conv[12]\\..*=early", "res.*=residual", "conv[34].*=late", "linear.weight=late"});
  CHECK(names(groups) == std::vector<std::string>{"early", "residual", "late"});
  CHECK(groups[0].buffers ==
        std::vector<std::string>{"conv1.norm.running_mean", "conv1.norm.running_var",
                                 "conv1.norm.num_batches_tracked", "conv2.norm.running_mean",
                                 "conv2.norm.running_var", "conv2.norm.num_batches_tracked"});
  CHECK(groups[2].parameters.back() == "linear.weight");
  CHECK(first_segment(*net, groups[0]) == 0);
  CHECK(first_segment(*net, groups[1]) == 2);
  CHECK(first_segment(*net, groups[2]) == 4);
}

TEST_CASE("rules that are no partition are refused with the parameter's name") {
  CHECK(refusal({"conv.*=a", "res.*=b"}) ==
        "the parameter \"linear.weight\" is in no group: groups must put each parameter in exactly "
        "one");
  CHECK(refusal({".*=all", "conv3.norm.*=norms"}) ==
        "the parameter \"conv3.norm.weight\" is in two groups, \"all\" and \"norms\": groups must "
        "put each parameter in exactly one");
  CHECK(refusal({".*=all", "fc.*=all"}) == "\"fc.*=all\" in groups matches no parameter");
  CHECK(refusal({"conv(=a"}) == "\"conv(\" in groups is not a regular expression");
  CHECK(refusal({"conv.*"}) == "\"conv.*\" in groups is not REGEX=NAME");
}

TEST_CASE("part of a name is not a match") {
  CHECK(refusal({"conv1=a", ".*=a"}) == "\"conv1=a\" in groups matches no parameter");
}

TEST_CASE("a TorchScript module's groups are the first words of its names") {
  torch::jit::Module module("net");
  module.register_parameter("bias", at::zeros({4}), false);
  torch::jit::Module inner("inner");
  inner.register_parameter("weight", at::zeros({4, 144}), false);
  module.register_module("inner", inner);
  module.define(
      "def forward(self, x):\n    return torch.matmul(x.flatten(1), self.inner.weight.t()) + "
      "self.bias\n");
  const auto net =
      nn::make_classifier({"torchscript", 1, {1, 12, 12}, 4, {}, 1, saved_module(module)});
  const auto groups = make_groups(*net, {});
  CHECK(names(groups) == std::vector<std::string>{"bias", "inner"});
  for (const auto& g : groups) CHECK(first_segment(*net, g) == 0);
}
