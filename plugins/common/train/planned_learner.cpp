// Training on one CPU through a planned network: two passes over the buffers of nn/planned.hpp and
// one over the parameters.
#include "plugins/common/nn/planned.hpp"
#include "plugins/common/train/learner.hpp"

#include <algorithm>
#include <numeric>

namespace assay::train {
namespace {

/// Images evaluated at once: their activations still fit the second-level cache.
constexpr int64_t kEvaluationBatch = 64;

class PlannedLearner final : public Learner {
 public:
  PlannedLearner(const nn::ClassifierConfig& config, std::shared_ptr<nn::Classifier> network,
                 int64_t batch, Sgd sgd)
      : net_(config, nn::layers_of(config).value(), std::max(batch, kEvaluationBatch)),
        module_(std::move(network)),
        classes_(config.classes),
        sgd_(sgd),
        momentum_(at::zeros_like(net_.parameters())) {
    net_.load(*module_);
  }

  double step(const Examples& data, std::span<const int64_t> batch, double rate,
              uint8_t* correct) override {
    const at::NoGradGuard no_grad;
    const auto n = static_cast<int64_t>(batch.size());
    const float* logits = forward(data, batch.data(), n);
    const double loss = nn::cross_entropy(logits, labels_.data(), n, classes_, correct, nullptr,
                                          net_.logits_gradient());
    net_.backward();
    nn::sgd_step(net_.parameters().data_ptr<float>(), momentum_.data_ptr<float>(),
                 net_.gradients().const_data_ptr<float>(), momentum_.numel(),
                 static_cast<float>(rate), static_cast<float>(sgd_.momentum),
                 static_cast<float>(sgd_.weight_decay));
    return loss / static_cast<double>(n);
  }

  Outcome evaluate(const Examples& data, EvalNorm) override {
    const at::NoGradGuard no_grad;
    const auto n = static_cast<size_t>(data.size());
    Outcome out{0, std::vector<uint8_t>(n), std::vector<float>(n)};
    std::vector<int64_t> index(n);
    std::iota(index.begin(), index.end(), 0);
    for (size_t at = 0; at < n; at += kEvaluationBatch) {
      const auto rows = static_cast<int64_t>(std::min<size_t>(kEvaluationBatch, n - at));
      const float* logits = forward(data, &index[at], rows);
      out.loss += nn::cross_entropy(logits, labels_.data(), rows, classes_, &out.correct[at],
                                    &out.probability[at], nullptr);
    }
    out.loss /= static_cast<double>(n);
    return out;
  }

  State state() override { return {{"parameters", net_.parameters()}, {"momentum", momentum_}}; }

  std::shared_ptr<nn::Classifier> network() override {
    net_.store(*module_);
    return module_;
  }

 private:
  /// Logits of the examples at `index`, whose labels go to `labels_`.
  const float* forward(const Examples& data, const int64_t* index, int64_t n) {
    const auto* labels = data.labels.const_data_ptr<int64_t>();
    labels_.resize(static_cast<size_t>(n));
    std::transform(index, index + n, labels_.begin(), [&](int64_t i) { return labels[i]; });
    return net_.forward(data.images, data.pixels, index, n);
  }

  nn::PlannedNet net_;
  std::shared_ptr<nn::Classifier> module_;
  int64_t classes_;
  Sgd sgd_;
  at::Tensor momentum_;
  std::vector<int64_t> labels_;
};

}  // namespace

std::unique_ptr<Learner> make_planned_learner(const nn::ClassifierConfig& config,
                                              std::shared_ptr<nn::Classifier> network,
                                              int64_t batch, Sgd sgd) {
  return std::make_unique<PlannedLearner>(config, std::move(network), batch, sgd);
}

}  // namespace assay::train
