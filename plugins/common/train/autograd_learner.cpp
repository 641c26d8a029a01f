// Training any network on any device through autograd, with all parameters in one buffer: the
// optimiser is three operations, whatever the network has.
#include "plugins/common/train/learner.hpp"

#include <algorithm>

namespace assay::train {
namespace {

/// Images evaluated at once.
constexpr int64_t kEvaluationBatch = 512;

class AutogradLearner final : public Learner {
 public:
  AutogradLearner(std::shared_ptr<nn::Classifier> network, at::Device device, Sgd sgd)
      : net_(std::move(network)), device_(device), sgd_(sgd) {
    const at::NoGradGuard no_grad;
    net_->to(device);
    const auto parameters = net_->parameters();
    int64_t total = 0;
    for (const auto& p : parameters) total += p.numel();
    parameters_ = at::empty({total}, at::TensorOptions().device(device));
    gradients_ = at::zeros_like(parameters_);
    momentum_ = at::zeros_like(parameters_);
    int64_t at = 0;
    for (auto p : parameters) {  // each parameter becomes a view on its part of the buffer
      const auto part = [&](const at::Tensor& all) {
        return all.narrow(0, at, p.numel()).view(p.sizes());
      };
      part(parameters_).copy_(p);
      p.set_data(part(parameters_));
      p.mutable_grad() = part(gradients_);
      at += p.numel();
    }
  }

  double step(const Examples& data, std::span<const int64_t> batch, double rate,
              uint8_t* correct) override {
    const auto n = static_cast<int64_t>(batch.size());
    const auto index =
        at::from_blob(const_cast<int64_t*>(batch.data()), {n}, at::kLong).to(device_);
    const auto labels = data.labels.index_select(0, index);
    net_->train();
    const auto logits = net_->forward(scaled(data.images.index_select(0, index)));
    const auto loss = at::cross_entropy_loss(logits, labels);
    gradients_.zero_();
    loss.backward();

    const at::NoGradGuard no_grad;
    gradients_.add_(parameters_, sgd_.weight_decay);
    momentum_.mul_(sgd_.momentum).add_(gradients_);
    parameters_.add_(momentum_, -rate);
    const auto right = logits.argmax(1).eq(labels).to(at::kByte).cpu();
    std::copy_n(right.const_data_ptr<uint8_t>(), n, correct);
    return loss.item<double>();
  }

  Outcome evaluate(const Examples& data, EvalNorm norm) override {
    const at::NoGradGuard no_grad;
    const auto kept = norm == EvalNorm::batch ? clones(net_->buffers()) : std::vector<at::Tensor>{};
    net_->train(norm == EvalNorm::batch);
    std::vector<at::Tensor> correct, probability;
    double loss = 0;
    for (int64_t at = 0; at < data.size(); at += kEvaluationBatch) {
      const int64_t n = std::min(kEvaluationBatch, data.size() - at);
      const auto labels = data.labels.narrow(0, at, n);
      const auto logits = net_->forward(scaled(data.images.narrow(0, at, n)));
      const auto log_p = logits.log_softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1);
      correct.push_back(logits.argmax(1).eq(labels).to(at::kByte));
      probability.push_back(log_p.exp());
      loss -= log_p.sum().item<double>();
    }
    const auto buffers = net_->buffers();
    for (size_t i = 0; i < kept.size(); ++i) buffers[i].copy_(kept[i]);
    const auto c = at::cat(correct).cpu(), p = at::cat(probability).to(at::kCPU, at::kFloat);
    return {loss / static_cast<double>(data.size()),
            {c.const_data_ptr<uint8_t>(), c.const_data_ptr<uint8_t>() + c.numel()},
            {p.const_data_ptr<float>(), p.const_data_ptr<float>() + p.numel()}};
  }

  State state() override {
    State all{{"parameters", parameters_}, {"momentum", momentum_}};
    for (const auto& b : net_->named_buffers()) all.emplace_back(b.key(), b.value());
    return all;
  }

  std::shared_ptr<nn::Classifier> network() override { return net_; }

 private:
  /// (B, H, W, C) bytes -> (B, C, H, W) floats in [0, 1], channels last in memory.
  static at::Tensor scaled(const at::Tensor& bytes) {
    return bytes.to(at::kFloat).div_(255).permute({0, 3, 1, 2});
  }
  static std::vector<at::Tensor> clones(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> out;
    for (const auto& t : tensors) out.push_back(t.clone());
    return out;
  }

  std::shared_ptr<nn::Classifier> net_;
  at::Device device_;
  Sgd sgd_;
  at::Tensor parameters_, gradients_, momentum_;
};

}  // namespace

std::unique_ptr<Learner> make_autograd_learner(std::shared_ptr<nn::Classifier> network,
                                               at::Device device, Sgd sgd) {
  return std::make_unique<AutogradLearner>(std::move(network), device, sgd);
}

}  // namespace assay::train
