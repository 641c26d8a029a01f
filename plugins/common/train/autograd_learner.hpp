// Training any network on any device through autograd, with all parameters in one buffer: the
// optimiser is three operations, whatever the network has. A method may say what a forward pass is,
// how losses become gradients, and which parameters are trained.
#pragma once
#include "plugins/common/train/learner.hpp"

namespace assay::train {

struct AutogradOptions {
  Sgd sgd;
  Forward forward;  // default: the network, without ids
  /// Adds the gradients of the losses (B,) of the examples `ids`; default: of their mean.
  std::function<void(const at::Tensor& losses, const at::Tensor& ids)> backward;
  /// Which parameters are trained, by name; default: all. The others need no gradient.
  std::function<bool(const std::string& parameter)> trains;
  bool frozen_norms = false;  // steps in evaluation mode: running statistics are used and kept
};

/// One parameter's part of the flat buffers.
struct ParameterSlice {
  std::string name;
  int64_t at, size;
};

class AutogradLearner final : public Learner {
 public:
  AutogradLearner(std::shared_ptr<nn::Classifier> network, at::Device device,
                  AutogradOptions options);

  double step(const Examples& data, std::span<const int64_t> batch, double rate,
              uint8_t* correct) override;
  Outcome evaluate(const Examples& data, EvalNorm norm) override;
  State state() override;
  std::shared_ptr<nn::Classifier> network() override { return net_; }

  /// The gradients of the running step, (P,): `backward` may read them and add to them.
  const at::Tensor& gradients() const { return gradients_; }
  /// Where each trained parameter lies in it.
  const std::vector<ParameterSlice>& layout() const { return layout_; }

 private:
  std::shared_ptr<nn::Classifier> net_;
  at::Device device_;
  AutogradOptions options_;
  at::Tensor parameters_, gradients_, momentum_;
  std::vector<ParameterSlice> layout_;
};

}  // namespace assay::train
