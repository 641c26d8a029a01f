// A network of the user's own: a TorchScript module saved from Python, whose forward maps images
// (B, C, H, W) to logits (B, K). Its parameters keep their names; the first word of a name is the
// group it belongs to. The chain has one segment.
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/torchscript.hpp"

#include <sstream>
#include <stdexcept>

namespace assay::nn {
namespace {

/// Registers `tensor` under a name with dots, through modules that exist for nothing else.
void place(torch::nn::Module& root, const std::string& name, const at::Tensor& tensor,
           bool parameter) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) {
    if (parameter)
      root.register_parameter(name, tensor, tensor.requires_grad());
    else
      root.register_buffer(name, tensor);
    return;
  }
  const auto first = name.substr(0, dot);
  const auto children = root.named_children();
  auto child = children.contains(first)
                   ? children[first]
                   : root.register_module(first, std::make_shared<torch::nn::Module>(first));
  place(*child, name.substr(dot + 1), tensor, parameter);
}

struct TorchScript final : Classifier {
  torch::jit::Module module;

  explicit TorchScript(torch::jit::Module loaded)
      : Classifier({"forward"}), module(std::move(loaded)) {
    adopt(*this, module);
  }
  Flow run(size_t, Flow in) override { return {module.forward({in.x}).toTensor(), {}}; }
  void train(bool on = true) override {
    Classifier::train(on);
    module.train(on);
  }
};

}  // namespace

torch::jit::Module parse_torchscript(const std::string& bytes, const std::string& option) {
  if (bytes.empty())
    throw std::invalid_argument(
        option + " = \"torchscript\" needs the input `network`: a file saved by torch.jit.save");
  std::istringstream stream(bytes);
  try {
    return torch::jit::load(stream, at::kCPU);
  } catch (const c10::Error&) {
    throw std::invalid_argument("the input `network` is not a TorchScript module");
  }
}

void adopt(torch::nn::Module& root, const torch::jit::Module& module) {
  for (const auto& p : module.named_parameters()) place(root, p.name, p.value, true);
  for (const auto& b : module.named_buffers()) place(root, b.name, b.value, false);
}

std::shared_ptr<Classifier> make_torchscript(const ClassifierConfig& c) {
  auto net = std::make_shared<TorchScript>(parse_torchscript(c.torchscript, "model"));
  at::Tensor logits;
  try {
    const at::NoGradGuard no_grad;
    net->eval();
    logits =
        net->Classifier::forward(at::zeros({2, c.image.channels, c.image.height, c.image.width}));
  } catch (const std::exception&) {
    throw std::invalid_argument(
        "the TorchScript module does not take images (B, " + std::to_string(c.image.channels) +
        ", " + std::to_string(c.image.height) + ", " + std::to_string(c.image.width) + ")");
  }
  if (logits.sizes() != at::IntArrayRef({2, c.classes})) {
    std::ostringstream shape;
    shape << logits.sizes();
    throw std::invalid_argument("the TorchScript module gives " + shape.str() +
                                " for two images, but the data's classes need logits [2, " +
                                std::to_string(c.classes) + "]");
  }
  return net;
}

}  // namespace assay::nn
