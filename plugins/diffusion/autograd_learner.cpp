// Training any network on any device: LibTorch's gradients, Adam on one buffer of all parameters.
#include "plugins/diffusion/learner.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {

class AutogradLearner final : public Learner {
 public:
  AutogradLearner(const ModelConfig& config, std::shared_ptr<Network> network, at::Device device,
                  Adam adam)
      : config_(config), net_(std::move(network)), device_(device), adam_(adam) {
    // Make each parameter a view on its part of one buffer.
    const at::NoGradGuard no_grad;
    net_->to(device);
    std::vector<at::Tensor> own;
    int64_t total = 0;
    for (auto& p : net_->parameters())
      if (p.requires_grad()) own.push_back(p), total += p.numel();
    if (!total)
      throw std::invalid_argument("the network has no parameter that training could change");
    const auto options = at::TensorOptions().device(device);
    parameters_ = at::empty({total}, options);
    gradients_ = at::zeros({total}, options);
    first_ = at::zeros({total}, options);
    second_ = at::zeros({total}, options);
    int64_t at = 0;
    for (auto& p : own) {
      const auto part = [&](const at::Tensor& all) {
        return all.narrow(0, at, p.numel()).view(p.sizes());
      };
      part(parameters_).copy_(p);
      p.set_data(part(parameters_));
      p.mutable_grad() = part(gradients_);
      at += p.numel();
    }
    if (adam_.average > 0) average_ = parameters_.clone();
  }

  void step(Batch& batch, const Objective& objective, double rate, int64_t k) override {
    // Answer.
    std::vector<int64_t> shape{batch.n};
    shape.insert(shape.end(), config_.network.shape.begin(), config_.network.shape.end());
    const auto x = at::from_blob(batch.x_t.data(), shape, at::kFloat).to(device_);
    const auto t = at::from_blob(batch.t.data(), {batch.n}, at::kLong)
                       .to(at::kDouble)
                       .mul_(config_.time_scale())
                       .to(device_, at::kFloat);
    net_->train();
    const auto out = net_->forward(x, t);  // (n, O)
    const auto answer = out.detach().to(at::kCPU, at::kFloat).contiguous();

    // Grade it, and go back.
    auto gradient = at::empty_like(answer);
    objective.grade(answer.const_data_ptr<float>(), batch.target.data(), batch.t.data(), batch.n,
                    batch.D, 1 / static_cast<float>(batch.n), batch.losses.data(),
                    gradient.data_ptr<float>());
    gradients_.zero_();
    out.backward(gradient.to(device_));

    // Adam (Kingma and Ba, algorithm 1), in the order of torch.optim.Adam.
    const at::NoGradGuard no_grad;
    first_.lerp_(gradients_, 1 - adam_.beta1);
    second_.mul_(adam_.beta2).addcmul_(gradients_, gradients_, 1 - adam_.beta2);
    const double unbias1 = 1 - std::pow(adam_.beta1, k), unbias2 = 1 - std::pow(adam_.beta2, k);
    parameters_.addcdiv_(first_, second_.sqrt().div_(std::sqrt(unbias2)).add_(adam_.epsilon),
                         -rate / unbias1);
    if (average_.defined()) average_.lerp_(parameters_, 1 - adam_.average);
  }

  Weights state() override {
    Weights all{{"parameters", parameters_}, {"first", first_}, {"second", second_}};
    if (average_.defined()) all.emplace_back("average", average_);
    for (const auto& b : net_->named_buffers()) all.emplace_back(b.key(), b.value());
    return all;
  }

  Weights weights() const override {
    auto all = diffusion::weights(*net_);
    int64_t at = 0;
    for (auto& [name, tensor] : all) {
      if (!average_.defined() || !tensor.requires_grad()) continue;
      const auto size = tensor.numel();
      tensor = average_.narrow(0, at, size).view(tensor.sizes());
      at += size;
    }
    return all;
  }

  std::unique_ptr<Denoiser> denoiser() const override {
    const at::NoGradGuard no_grad;
    auto copy = make_network(config_.network);
    const auto from = weights();
    auto to = diffusion::weights(*copy);
    for (size_t i = 0; i < to.size(); ++i) to[i].second.copy_(from[i].second);
    return make_denoiser(config_, *copy, device_);
  }

 private:
  ModelConfig config_;
  std::shared_ptr<Network> net_;
  at::Device device_;
  Adam adam_;
  at::Tensor parameters_, gradients_, first_, second_, average_;
};

}  // namespace

std::unique_ptr<Learner> make_autograd_learner(const ModelConfig& config,
                                               std::shared_ptr<Network> network, at::Device device,
                                               Adam adam) {
  return std::make_unique<AutogradLearner>(config, std::move(network), device, adam);
}

}  // namespace diffusion
