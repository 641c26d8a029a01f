#include "plugins/localization/prefix.hpp"

#include <algorithm>
#include <vector>

namespace localization {

using assay::nn::Classifier;
using assay::nn::Flow;
using assay::train::Examples;

namespace {

/// Images that go through the network at once.
constexpr int64_t kBatch = 256;

int64_t bytes_of(const Flow& flow) {
  const auto bytes = [](const at::Tensor& t) {
    return t.defined() ? static_cast<int64_t>(t.nbytes()) : 0;
  };
  return bytes(flow.x) + bytes(flow.skip);
}

/// The last segment up to `segment` whose inputs for all examples fit, seen by one of them.
size_t affordable(Classifier& net, const Examples& data, size_t segment, int64_t bytes) {
  Flow flow{data.slice(0, 1), {}};
  size_t best = 0;
  for (size_t s = 0; s < segment; ++s) {
    flow = net.run(s, flow);
    if (bytes_of(flow) * data.size() <= bytes) best = s + 1;
  }
  return best;
}

/// Rows `ids` of x (N, ...), in x's memory format.
at::Tensor rows(const at::Tensor& x, const at::Tensor& ids) {
  auto sizes = x.sizes().vec();
  sizes[0] = ids.size(0);
  return x.as_strided({x.size(0), x.stride(0)}, {x.stride(0), 1})
      .index_select(0, ids)
      .as_strided(sizes, x.strides());
}

}  // namespace

Prefix::Prefix(Classifier& net, const Examples& data, size_t segment, int64_t bytes) : net_(net) {
  const at::NoGradGuard no_grad;
  segment_ = affordable(net, data, segment, bytes);
  std::vector<at::Tensor> x, skip;
  for (int64_t at = 0; at < data.size(); at += kBatch) {
    Flow flow{data.slice(at, std::min(kBatch, data.size() - at)), {}};
    for (size_t s = 0; s < segment_; ++s) flow = net.run(s, flow);
    x.push_back(flow.x);
    if (flow.skip.defined()) skip.push_back(flow.skip);
  }
  inputs_.x = at::cat(x);
  if (!skip.empty()) inputs_.skip = at::cat(skip);
}

at::Tensor Prefix::forward(const at::Tensor& ids) const {
  return net_.forward(
      {rows(inputs_.x, ids), inputs_.skip.defined() ? rows(inputs_.skip, ids) : at::Tensor()},
      segment_);
}

at::Tensor Prefix::predicted() const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> out;
  const int64_t N = inputs_.x.size(0);
  for (int64_t at = 0; at < N; at += kBatch) {
    const int64_t n = std::min(kBatch, N - at);
    const auto part = [&](const at::Tensor& t) {
      return t.defined() ? t.narrow(0, at, n) : at::Tensor();
    };
    out.push_back(net_.forward({part(inputs_.x), part(inputs_.skip)}, segment_).argmax(1));
  }
  return at::cat(out);
}

}  // namespace localization
