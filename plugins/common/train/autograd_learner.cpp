#include "plugins/common/train/autograd_learner.hpp"

#include <algorithm>

namespace assay::train {
namespace {

/// Images evaluated at once.
constexpr int64_t kEvaluationBatch = 512;

std::vector<at::Tensor> clones(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> out;
  for (const auto& t : tensors) out.push_back(t.clone());
  return out;
}

}  // namespace

AutogradLearner::AutogradLearner(std::shared_ptr<nn::Classifier> network, at::Device device,
                                 AutogradOptions options)
    : net_(std::move(network)), device_(device), options_(std::move(options)) {
  // Fill in what the method leaves open.
  if (!options_.forward)
    options_.forward = [this](const at::Tensor& images, const at::Tensor&) {
      return net_->forward(images);
    };
  if (!options_.backward)
    options_.backward = [](const at::Tensor& losses, const at::Tensor&) {
      losses.mean().backward();
    };

  // Make each trained parameter a view on its part of one buffer.
  const at::NoGradGuard no_grad;
  net_->to(device);
  std::vector<at::Tensor> trained;
  int64_t total = 0;
  for (const auto& p : net_->named_parameters()) {
    const bool trains = !options_.trains || options_.trains(p.key());
    p.value().requires_grad_(trains);
    if (!trains) continue;
    trained.push_back(p.value());
    layout_.push_back({p.key(), total, p.value().numel()});
    total += p.value().numel();
  }
  parameters_ = at::empty({total}, at::TensorOptions().device(device));
  gradients_ = at::zeros_like(parameters_);
  momentum_ = at::zeros_like(parameters_);
  for (size_t i = 0; i < trained.size(); ++i) {
    auto& p = trained[i];
    const auto part = [&](const at::Tensor& all) {
      return all.narrow(0, layout_[i].at, layout_[i].size).view(p.sizes());
    };
    part(parameters_).copy_(p);
    p.set_data(part(parameters_));
    p.mutable_grad() = part(gradients_);
  }
}

double AutogradLearner::step(const Examples& data, std::span<const int64_t> batch, double rate,
                             uint8_t* correct) {
  const auto n = static_cast<int64_t>(batch.size());
  const auto ids = at::from_blob(const_cast<int64_t*>(batch.data()), {n}, at::kLong).to(device_);
  const auto labels = data.labels.index_select(0, ids);
  net_->train(!options_.frozen_norms);
  const auto logits = options_.forward(data.at(ids), ids);
  const auto losses = at::cross_entropy_loss(logits, labels, {}, at::Reduction::None);
  gradients_.zero_();
  options_.backward(losses, ids);

  const at::NoGradGuard no_grad;
  gradients_.add_(parameters_, options_.sgd.weight_decay);
  momentum_.mul_(options_.sgd.momentum).add_(gradients_);
  parameters_.add_(momentum_, -rate);
  const auto right = logits.argmax(1).eq(labels).to(at::kByte).cpu();
  std::copy_n(right.const_data_ptr<uint8_t>(), n, correct);
  return losses.mean().item<double>();
}

Outcome AutogradLearner::evaluate(const Examples& data, EvalNorm norm) {
  const at::NoGradGuard no_grad;
  const auto kept = norm == EvalNorm::batch ? clones(net_->buffers()) : std::vector<at::Tensor>{};
  net_->eval();
  if (norm == EvalNorm::batch)
    for (auto& m : net_->modules(false))
      if (dynamic_cast<torch::nn::BatchNorm2dImpl*>(m.get())) m->train();
  std::vector<at::Tensor> correct, probability;
  double loss = 0;
  for (int64_t at = 0; at < data.size(); at += kEvaluationBatch) {
    const int64_t n = std::min(kEvaluationBatch, data.size() - at);
    const auto labels = data.labels.narrow(0, at, n);
    const auto ids = at::arange(at, at + n, labels.options());
    const auto logits = options_.forward(data.slice(at, n), ids);
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

Learner::State AutogradLearner::state() {
  State all{{"parameters", parameters_}, {"momentum", momentum_}};
  for (const auto& b : net_->named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

}  // namespace assay::train
