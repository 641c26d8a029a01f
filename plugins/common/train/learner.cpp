#include "plugins/common/nn/planned.hpp"
#include "plugins/common/train/learner.hpp"

#include <numeric>

namespace assay::train {

double Outcome::accuracy() const {
  return std::accumulate(correct.begin(), correct.end(), 0.0) /
         static_cast<double>(std::max<size_t>(1, correct.size()));
}

std::unique_ptr<Learner> make_learner(const nn::ClassifierConfig& config,
                                      std::shared_ptr<nn::Classifier> network, at::Device device,
                                      int64_t batch, Sgd sgd) {
  if (device.is_cpu() && nn::layers_of(config))
    return make_planned_learner(config, std::move(network), batch, sgd);
  return make_autograd_learner(std::move(network), device, sgd);
}

void restore(Learner& learner, const Reader& checkpoint, const std::string& prefix) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : learner.state()) tensor.copy_(read_tensor(checkpoint, prefix + name));
}

}  // namespace assay::train
