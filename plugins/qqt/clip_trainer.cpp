#include "plugins/qqt/clip_trainer.hpp"

#include <ATen/Context.h>

namespace qqt {
namespace {

std::shared_ptr<assay::nn::TinyClip> make_net(const assay::nn::TinyClipConfig& config,
                                              uint64_t seed, at::Device device) {
  auto generator = at::globalContext().defaultGenerator(at::Device(at::kCPU));
  generator.set_current_seed(seed);
  auto net = std::make_shared<assay::nn::TinyClip>(config);
  net->to(device);
  return net;
}

}  // namespace

ClipTrainer::ClipTrainer(const assay::nn::TinyClipConfig& config, uint64_t seed,
                         double weight_decay, at::Device device)
    : net_(make_net(config, seed, device)), adamw_(*net_, {.weight_decay = weight_decay}) {}

at::Tensor ClipTrainer::step(const PairTensors& data, const at::Tensor& index, double rate) {
  net_->train();
  adamw_.zero_gradients();
  const auto pictures =
      net_->pictures(assay::nn::clip_pixels(data.pictures.index_select(0, index)));  // (B, E)
  const auto captions = net_->captions(data.tokens.index_select(0, index));          // (B, E)
  const auto loss = assay::nn::clip_loss(pictures, captions, net_->log_scale);
  loss.backward();
  adamw_.step(rate);
  return loss.detach();
}

at::Tensor ClipTrainer::pictures(const at::Tensor& x) {
  const at::NoGradGuard no_grad;
  net_->eval();
  std::vector<at::Tensor> parts;
  for (const auto& part : x.split(250)) parts.push_back(net_->pictures(part));
  return at::cat(parts);
}

at::Tensor ClipTrainer::captions(const at::Tensor& tokens) {
  const at::NoGradGuard no_grad;
  net_->eval();
  return net_->captions(tokens);
}

std::vector<std::pair<std::string, at::Tensor>> ClipTrainer::state() const {
  auto all = adamw_.state();
  for (const auto& b : net_->named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

}  // namespace qqt
