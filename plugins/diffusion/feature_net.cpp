#include "plugins/common/data/bytes.hpp"
#include "plugins/diffusion/feature_net.hpp"

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

torch::nn::Conv2d conv(int64_t in, int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 5).padding(2));
}

}  // namespace

FeatureNet::FeatureNet(const std::vector<int64_t>& shape, int64_t classes)
    : conv1(register_module("conv1", conv(shape.at(0), 16))),
      conv2(register_module("conv2", conv(16, 32))),
      hidden(nullptr),
      out(nullptr) {
  const int64_t h = shape.at(1) / 4, w = shape.at(2) / 4;
  if (h < 1 || w < 1)
    throw std::invalid_argument("features are taken from images of at least 4 x 4 pixels");
  hidden = register_module("hidden", torch::nn::Linear(32 * h * w, kFeatures));
  out = register_module("out", torch::nn::Linear(kFeatures, classes));
}

at::Tensor FeatureNet::features(const at::Tensor& x) {
  const auto h = at::max_pool2d(conv1(x).relu(), 2);            // (B, 16, H / 2, W / 2)
  return hidden(at::max_pool2d(conv2(h).relu(), 2).flatten(1))  // (B, 32, H / 4, W / 4)
      .relu();
}

at::Tensor features_of(FeatureNet& net, const at::Tensor& images, at::Device device) {
  const torch::NoGradGuard no_grad;
  net.to(device);
  net.eval();
  const int64_t rows = 256;
  const auto out = at::empty({images.size(0), kFeatures});
  auto batch = at::zeros({rows, images.size(1), images.size(2), images.size(3)});
  for (int64_t at = 0; at < images.size(0); at += rows) {
    const int64_t count = std::min(rows, images.size(0) - at);
    batch.narrow(0, 0, count).copy_(images.narrow(0, at, count));
    const auto answer = net.features(batch.to(device));
    out.narrow(0, at, count).copy_(answer.narrow(0, 0, count));
  }
  return out;
}

void save_features(const assay::Job& job, const std::string& checkpoint, int64_t step,
                   const FeatureNet& net, const std::vector<int64_t>& shape, int64_t classes) {
  assay::Columns columns;
  const std::vector<int64_t> count{classes};
  columns.add("shape", shape).add("classes", count);
  for (const auto& p : net.named_parameters()) columns.add(p.key(), p.value());
  job.save(checkpoint, step, columns.list());
}

std::shared_ptr<FeatureNet> read_features(const assay::Reader& checkpoint,
                                          const std::vector<int64_t>& shape) {
  const auto trained = checkpoint.read<int64_t>("shape");
  if (trained != shape)
    throw std::invalid_argument("the features were trained on images of " +
                                assay::data::show_shape(trained) + ", but these are " +
                                assay::data::show_shape(shape));
  auto net = std::make_shared<FeatureNet>(shape, checkpoint.read<int64_t>("classes").at(0));
  const torch::NoGradGuard no_grad;
  for (auto& p : net->named_parameters()) p->copy_(assay::read_tensor(checkpoint, p.key()));
  return net;
}

}  // namespace diffusion
