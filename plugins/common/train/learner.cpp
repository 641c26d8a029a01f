#include "plugins/common/nn/planned.hpp"
#include "plugins/common/train/autograd_learner.hpp"
#include "plugins/common/train/learner.hpp"

#include <numeric>

namespace assay::train {

at::Tensor Examples::scaled(const at::Tensor& x) const {
  auto y = x;
  if (x.scalar_type() == at::kByte) {
    y = x.to(at::kFloat).div_(255 / (pixels.high - pixels.low));
    if (pixels.low != 0) y.add_(pixels.low);
  }
  return y.permute({0, 3, 1, 2});  // (B, H, W, C) -> (B, C, H, W), channels last in memory
}

Examples Examples::subset(const std::vector<int64_t>& index) const {
  const auto at = at::tensor(index, at::kLong).to(images.device());
  return {images.index_select(0, at), labels.index_select(0, at), pixels};
}

void check_fits(const Examples& data, const nn::ClassifierConfig& config) {
  const auto text = [](const nn::ImageShape& s) {
    return std::to_string(s.channels) + " x " + std::to_string(s.height) + " x " +
           std::to_string(s.width);
  };
  const auto have = data.shape();
  const auto& want = config.image;
  if (have.channels != want.channels || have.height != want.height || have.width != want.width)
    throw std::invalid_argument("the images are " + text(have) +
                                " (channels x height x width), but the network takes " +
                                text(want));
  if (data.size() == 0) return;
  const auto low = data.labels.min().item<int64_t>(), high = data.labels.max().item<int64_t>();
  if (low < 0 || high >= config.classes)
    throw std::invalid_argument("label " + std::to_string(low < 0 ? low : high) +
                                " is out of range: the network has the classes 0 to " +
                                std::to_string(config.classes - 1));
}

at::Tensor predict(const Forward& forward, const Examples& data, const at::Tensor& ids) {
  constexpr int64_t kBatch = 512;
  const at::NoGradGuard no_grad;
  const auto all = ids.defined() ? ids : at::arange(data.size(), data.labels.options());
  std::vector<at::Tensor> out;
  for (int64_t at = 0; at < data.size(); at += kBatch) {
    const int64_t n = std::min(kBatch, data.size() - at);
    out.push_back(forward(data.slice(at, n), all.narrow(0, at, n)).argmax(1));
  }
  return at::cat(out);
}

double Outcome::accuracy() const {
  return std::accumulate(correct.begin(), correct.end(), 0.0) /
         static_cast<double>(std::max<size_t>(1, correct.size()));
}

std::unique_ptr<Learner> make_learner(const nn::ClassifierConfig& config,
                                      std::shared_ptr<nn::Classifier> network, at::Device device,
                                      int64_t batch, Sgd sgd) {
  if (device.is_cpu() && nn::layers_of(config))
    return make_planned_learner(config, std::move(network), batch, sgd);
  return std::make_unique<AutogradLearner>(std::move(network), device,
                                           AutogradOptions{sgd, {}, {}, {}, false});
}

void restore(Learner& learner, const Reader& checkpoint, const std::string& prefix) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : learner.state()) tensor.copy_(read_tensor(checkpoint, prefix + name));
}

}  // namespace assay::train
