// The fused decoder under training, and as a denoiser.
#include "plugins/diffusion/fused_decoder.hpp"

#include <algorithm>
#include <cmath>

namespace diffusion {
namespace {

/// Floats of a buffer in the decoder's layout.
at::Tensor buffer(const FusedDecoder& decoder) { return at::zeros({decoder.size()}); }

int64_t index(const Slice& s, int64_t r, int64_t c) {
  return s.transposed ? s.at + c * s.stride + r : s.at + r * s.stride + c;
}

/// A buffer's numbers as the module publishes them.
Weights published(const FusedDecoder& decoder, const at::Tensor& flat) {
  Weights all;
  const float* from = flat.const_data_ptr<float>();
  for (const auto& s : decoder.layout()) {
    auto tensor = at::empty({s.rows, s.columns});
    float* to = tensor.data_ptr<float>();
    for (int64_t r = 0; r < s.rows; ++r)
      for (int64_t c = 0; c < s.columns; ++c) *to++ = from[index(s, r, c)];
    all.emplace_back(s.name, tensor.view(s.shape));
  }
  return all;
}

/// The network's parameters in the decoder's layout.
at::Tensor flattened(const FusedDecoder& decoder, const Network& network) {
  auto flat = buffer(decoder);
  float* to = flat.data_ptr<float>();
  const auto parameters = network.named_parameters();
  for (const auto& s : decoder.layout()) {
    const auto tensor = parameters[s.name].detach().to(at::kCPU, at::kFloat).contiguous();
    const float* from = tensor.const_data_ptr<float>();
    for (int64_t r = 0; r < s.rows; ++r)
      for (int64_t c = 0; c < s.columns; ++c) to[index(s, r, c)] = *from++;
  }
  return flat;
}

class FusedDenoiser final : public Denoiser {
 public:
  FusedDenoiser(const ModelConfig& config, at::Tensor parameters)
      : D_(config.network.features()),
        objective_(config.make_schedule(), config.predict, config.variance, "mse"),
        decoder_(config),
        parameters_(std::move(parameters)) {
    decoder_.use(parameters_.const_data_ptr<float>());
    decoder_.tabulate();
  }

  int64_t features() const override { return D_; }

  void eps(const float* x, int64_t n, int64_t t, float* eps) override {
    const int64_t O = decoder_.outputs();
    if (static_cast<int64_t>(answer_.size()) < n * O) answer_.resize(static_cast<size_t>(n * O));
    decoder_.answer(x, n, t, answer_.data());
    objective_.to_eps(answer_.data(), O, x, t, n, D_, eps);
    if (!objective_.learned()) return;
    log_variance_.resize(static_cast<size_t>(n * D_));
    for (int64_t i = 0; i < n; ++i)
      std::copy_n(&answer_[static_cast<size_t>(i * O + D_)], D_,
                  &log_variance_[static_cast<size_t>(i * D_)]);
  }

  bool learns_variance() const override { return objective_.learned(); }
  const float* log_variance() const override {
    return objective_.learned() ? log_variance_.data() : nullptr;
  }

 private:
  int64_t D_;
  Objective objective_;
  FusedDecoder decoder_;
  at::Tensor parameters_;
  std::vector<float> answer_, log_variance_;
};

class FusedLearner final : public Learner {
 public:
  FusedLearner(const ModelConfig& config, const Network& network, Adam adam)
      : config_(config),
        adam_(adam),
        decoder_(config),
        parameters_(flattened(decoder_, network)),
        gradient_(buffer(decoder_)),
        first_(buffer(decoder_)),
        second_(buffer(decoder_)) {
    if (adam.average > 0) average_ = parameters_.clone();
  }

  void step(Batch& batch, const Objective& objective, double rate, int64_t k) override {
    const auto f = [](double x) { return static_cast<float>(x); };
    decoder_.use(parameters_.const_data_ptr<float>());
    decoder_.differentiate(batch, objective, gradient_.data_ptr<float>());
    const double unbias1 = 1 - std::pow(adam_.beta1, k), unbias2 = 1 - std::pow(adam_.beta2, k);
    kernels().adam({f(adam_.beta1), f(adam_.beta2), f(rate / unbias1), f(std::sqrt(unbias2)),
                    f(adam_.epsilon)},
                   gradient_.const_data_ptr<float>(), decoder_.size(),
                   parameters_.data_ptr<float>(), first_.data_ptr<float>(),
                   second_.data_ptr<float>());
    if (average_.defined()) average_.lerp_(parameters_, 1 - adam_.average);
  }

  Weights state() override {
    Weights all{{"parameters", parameters_}, {"first", first_}, {"second", second_}};
    if (average_.defined()) all.emplace_back("average", average_);
    return all;
  }
  Weights weights() const override { return published(decoder_, kept()); }
  std::unique_ptr<Denoiser> denoiser() const override {
    return std::make_unique<FusedDenoiser>(config_, kept().clone());
  }

 private:
  const at::Tensor& kept() const { return average_.defined() ? average_ : parameters_; }

  ModelConfig config_;
  Adam adam_;
  FusedDecoder decoder_;
  at::Tensor parameters_, gradient_, first_, second_, average_;
};

bool is_fused(const ModelConfig& config, at::Device device) {
  return config.network.net == "decoder" && device.is_cpu();
}

}  // namespace

std::unique_ptr<Learner> make_learner(const ModelConfig& config, std::shared_ptr<Network> network,
                                      at::Device device, Adam adam) {
  if (is_fused(config, device)) return std::make_unique<FusedLearner>(config, *network, adam);
  return make_autograd_learner(config, std::move(network), device, adam);
}

std::unique_ptr<Denoiser> make_denoiser(const ModelConfig& config, Network& network,
                                        at::Device device) {
  if (!is_fused(config, device)) return make_network_denoiser(config, network, device);
  return std::make_unique<FusedDenoiser>(config, flattened(FusedDecoder(config), network));
}

}  // namespace diffusion
