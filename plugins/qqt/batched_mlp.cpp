#include "plugins/qqt/batched_mlp.hpp"
#include "plugins/qqt/normal.hpp"

#include <cmath>
#include <limits>

namespace qqt {
namespace {

/// (1, inputs, outputs), normal with variance 1 / inputs.
at::Tensor normal_weights(const assay::Philox& draw, uint32_t layer, int64_t inputs,
                          int64_t outputs) {
  std::vector<float> w(static_cast<size_t>(inputs * outputs));
  const double deviation = 1 / std::sqrt(static_cast<double>(inputs));
  for (size_t i = 0; i < w.size(); ++i)
    w[i] = static_cast<float>(deviation * normal_pair(draw, i, layer, 0).first);
  return at::tensor(w).view({1, inputs, outputs});
}

}  // namespace

BatchedMlp::BatchedMlp(const std::vector<uint64_t>& seeds, int64_t inputs, int64_t hidden,
                       int64_t classes, double rate, double average, at::Device device)
    : rate_(rate), average_(average) {
  std::vector<at::Tensor> w1, b1, w2, b2;
  for (const uint64_t seed : seeds) {
    const assay::Philox draw(seed);
    w1.push_back(normal_weights(draw, 0, inputs, hidden));
    b1.push_back(at::zeros({1, 1, hidden}));
    w2.push_back(normal_weights(draw, 1, hidden, classes));
    b2.push_back(at::zeros({1, 1, classes}));
  }
  now_ = {at::cat(w1).to(device), at::cat(b1).to(device), at::cat(w2).to(device),
          at::cat(b2).to(device)};
  mean_ = {now_.w1.clone(), now_.b1.clone(), now_.w2.clone(), now_.b2.clone()};
}

void BatchedMlp::step(const at::Tensor& x, const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  auto& [w1, b1, w2, b2] = now_;

  // Forward, and the gradient of the mean loss by the logits: (softmax - one-hot) / B.
  const auto h = at::baddbmm(b1, x, w1).relu_();      // (R, B, H)
  auto d_logits = at::baddbmm(b2, h, w2).softmax(2);  // (R, B, K)
  const auto place = labels.unsqueeze(2);             // (R, B, 1)
  d_logits.scatter_add_(2, place, at::full({}, -1.0, d_logits.options()).expand(place.sizes()));
  d_logits.div_(static_cast<double>(x.size(1)));
  const auto d_h = at::bmm(d_logits, w2.transpose(1, 2)).mul_(h > 0);  // (R, B, H)

  // Descend.
  w2.baddbmm_(h.transpose(1, 2), d_logits, 1, -rate_);
  b2.sub_(d_logits.sum(1, true), rate_);
  w1.baddbmm_(x.transpose(1, 2), d_h, 1, -rate_);
  b1.sub_(d_h.sum(1, true), rate_);
  mean_.w1.lerp_(w1, average_), mean_.b1.lerp_(b1, average_);
  mean_.w2.lerp_(w2, average_), mean_.b2.lerp_(b2, average_);
}

std::vector<double> BatchedMlp::errors(const at::Tensor& x, const at::Tensor& labels) const {
  const at::NoGradGuard no_grad;
  const int64_t runs = mean_.w1.size(0), inputs = mean_.w1.size(1), hidden = mean_.w1.size(2);
  const int64_t tests = x.size(0), chunk = 1000;
  const auto w1 = mean_.w1.permute({1, 0, 2}).reshape({inputs, runs * hidden});  // (D, R H)
  const auto b1 = mean_.b1.reshape({runs * hidden});
  auto wrong = at::zeros({runs}, labels.options());
  for (int64_t first = 0; first < tests; first += chunk) {
    const int64_t count = std::min(chunk, tests - first);
    auto h = at::addmm(b1, x.narrow(0, first, count), w1).relu_();     // (C, R H)
    h = h.view({count, runs, hidden}).transpose(0, 1);                 // (R, C, H)
    const auto answer = at::baddbmm(mean_.b2, h, mean_.w2).argmax(2);  // (R, C)
    wrong += answer.ne(labels.narrow(0, first, count)).sum(1);
  }
  const auto finite = mean_.w2.isfinite().flatten(1).all(1).cpu();
  const auto count = wrong.cpu();
  std::vector<double> errors;
  for (int64_t r = 0; r < runs; ++r)
    errors.push_back(finite[r].item<bool>() ? static_cast<double>(count[r].item<int64_t>()) /
                                                  static_cast<double>(tests)
                                            : std::numeric_limits<double>::quiet_NaN());
  return errors;
}

std::vector<std::pair<std::string, at::Tensor>> BatchedMlp::state() const {
  return {{"w1", now_.w1},       {"b1", now_.b1},       {"w2", now_.w2},
          {"b2", now_.b2},       {"mean_w1", mean_.w1}, {"mean_b1", mean_.b1},
          {"mean_w2", mean_.w2}, {"mean_b2", mean_.b2}};
}

}  // namespace qqt
