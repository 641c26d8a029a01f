#include "plugins/localization/answers.hpp"

namespace localization {

at::Tensor answers(assay::nn::Classifier& net, const assay::train::Examples& data) {
  net.eval();
  return assay::train::predict(
      [&net](const at::Tensor& images, const at::Tensor&) { return net.forward(images); }, data);
}

double right(const assay::train::Examples& data, const at::Tensor& predicted) {
  return predicted.eq(data.labels).to(at::kDouble).mean().item<double>();
}

}  // namespace localization
