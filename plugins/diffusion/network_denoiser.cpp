// Sampling through any network: batches of one size, so that a row's answer does not depend on how
// many others are asked for.
#include "plugins/diffusion/model.hpp"

#include <algorithm>

namespace diffusion {
namespace {

class NetworkDenoiser final : public Denoiser {
 public:
  NetworkDenoiser(const ModelConfig& config, std::shared_ptr<Network> network, at::Device device)
      : network_(std::move(network)),
        device_(device),
        D_(config.network.features()),
        scale_(config.time_scale()),
        objective_(config.make_schedule(), config.predict, config.variance, "mse") {
    network_->to(device);
    network_->eval();
    std::vector<int64_t> shape{config.network.shape.size() == 1 ? 512 : 32};
    shape.insert(shape.end(), config.network.shape.begin(), config.network.shape.end());
    x_ = at::zeros(shape);
  }

  int64_t features() const override { return D_; }

  void eps(const float* x, int64_t n, int64_t t, float* eps) override {
    const at::NoGradGuard no_grad;
    const int64_t rows = x_.size(0);
    const auto times =
        at::full({rows}, static_cast<double>(t) * scale_, at::TensorOptions().device(device_));
    if (objective_.learned()) log_variance_.resize(static_cast<size_t>(n * D_));
    for (int64_t at = 0; at < n; at += rows) {
      const int64_t count = std::min(rows, n - at);
      std::copy_n(x + at * D_, count * D_, x_.data_ptr<float>());
      const auto answer =
          network_->forward(x_.to(device_), times).to(at::kCPU, at::kFloat).contiguous();
      const int64_t O = answer.size(1);
      const float* a = answer.const_data_ptr<float>();
      objective_.to_eps(a, O, x + at * D_, t, count, D_, eps + at * D_);
      if (objective_.learned())
        for (int64_t i = 0; i < count; ++i)
          std::copy_n(a + i * O + D_, D_, &log_variance_[static_cast<size_t>((at + i) * D_)]);
    }
  }

  bool learns_variance() const override { return objective_.learned(); }
  const float* log_variance() const override {
    return objective_.learned() ? log_variance_.data() : nullptr;
  }

 private:
  std::shared_ptr<Network> network_;
  at::Device device_;
  int64_t D_;
  double scale_;
  Objective objective_;
  at::Tensor x_;  // (rows, shape...): one batch
  std::vector<float> log_variance_;
};

}  // namespace

std::unique_ptr<Denoiser> make_network_denoiser(const ModelConfig& config, Network& network,
                                                at::Device device) {
  auto copy = make_network(config.network);
  const at::NoGradGuard no_grad;
  const auto from = weights(network);
  auto to = weights(*copy);
  for (size_t i = 0; i < to.size(); ++i) to[i].second.copy_(from[i].second);
  return std::make_unique<NetworkDenoiser>(config, std::move(copy), device);
}

}  // namespace diffusion
