#include "plugins/common/kernel.hpp"
#include "plugins/common/nn/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

// One source, three machines: the loader picks the best one the processor has.
namespace assay::nn {

ASSAY_KERNEL void gather_scaled(const uint8_t* bytes, const int64_t* index, int64_t rows,
                                int64_t size, float divisor, float low, float* out) {
  for (int64_t m = 0; m < rows; ++m) {
    const uint8_t* from = bytes + index[m] * size;
    float* to = out + m * size;
    for (int64_t i = 0; i < size; ++i) to[i] = static_cast<float>(from[i]) / divisor + low;
  }
}

std::vector<Run> runs(const Window& w) {
  std::vector<Run> out;
  int64_t patch = 0;
  for (int64_t oy = 0; oy < w.out_height(); ++oy)
    for (int64_t ox = 0; ox < w.out_width(); ++ox, patch += w.patch()) {
      const int64_t top = oy * w.stride - w.padding, left = ox * w.stride - w.padding;
      const int64_t first = std::max<int64_t>(0, -left);  // kernel columns inside the image
      const int64_t last = std::min(w.kernel, w.width - left);
      for (int64_t ky = 0; ky < w.kernel; ++ky)
        if (const int64_t y = top + ky; y >= 0 && y < w.height && first < last)
          out.push_back({static_cast<int32_t>(patch + (ky * w.kernel + first) * w.channels),
                         static_cast<int32_t>((y * w.width + left + first) * w.channels),
                         static_cast<int32_t>((last - first) * w.channels)});
    }
  return out;
}

ASSAY_KERNEL void unfold(const float* images, int64_t n, const Window& w, std::span<const Run> runs,
                         float* patches) {
  const int64_t patches_size = w.out_pixels() * w.patch();
  for (int64_t i = 0; i < n; ++i, images += w.size(), patches += patches_size)
    for (const Run& run : runs) {
      const float* __restrict from = images + run.pixel;
      float* __restrict to = patches + run.patch;
      if (run.length == 3)  // a 3x3 kernel on one channel
        std::memcpy(to, from, 3 * sizeof(float));
      else
        for (int32_t j = 0; j < run.length; ++j) to[j] = from[j];
    }
}

ASSAY_KERNEL void fold(const float* patches, int64_t n, const Window& w, std::span<const Run> runs,
                       float* images) {
  const int64_t patches_size = w.out_pixels() * w.patch();
  for (int64_t i = 0; i < n; ++i, images += w.size(), patches += patches_size) {
    std::memset(images, 0, static_cast<size_t>(w.size()) * sizeof(float));
    for (const Run& run : runs) {
      const float* __restrict from = patches + run.patch;
      float* __restrict to = images + run.pixel;
      for (int32_t j = 0; j < run.length; ++j) to[j] += from[j];
    }
  }
}

ASSAY_KERNEL void add_bias(float* y, const float* bias, int64_t rows, int64_t columns, bool relu) {
  const float floor = relu ? 0.0f : -INFINITY;
  for (int64_t m = 0; m < rows; ++m, y += columns)
    for (int64_t o = 0; o < columns; ++o) y[o] = std::max(y[o] + bias[o], floor);
}

namespace {
// Sixteen floats, read from any address.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
constexpr int64_t kLanes = 16;
}  // namespace

ASSAY_KERNEL void bias_gradient(float* dy, const float* y, float* dbias, int64_t rows,
                                int64_t columns, bool relu) {
  const float floor = relu ? 0.0f : -INFINITY;
  int64_t o = 0;
  for (; o + kLanes <= columns; o += kLanes) {
    Lanes sum{};
    for (int64_t m = 0; m < rows; ++m) {
      auto& d = *reinterpret_cast<Lanes*>(dy + m * columns + o);
      const auto& v = *reinterpret_cast<const Lanes*>(y + m * columns + o);
      d = v > floor ? d : Lanes{};
      sum += d;
    }
    *reinterpret_cast<Lanes*>(dbias + o) = sum;
  }
  for (; o < columns; ++o) {
    dbias[o] = 0;
    for (int64_t m = 0; m < rows; ++m) {
      float& d = dy[m * columns + o];
      if (y[m * columns + o] <= floor) d = 0;
      dbias[o] += d;
    }
  }
}

double cross_entropy(const float* logits, const int64_t* labels, int64_t rows, int64_t classes,
                     uint8_t* correct, float* probability, float* dlogits) {
  double loss = 0;
  for (int64_t m = 0; m < rows; ++m, logits += classes) {
    const int64_t label = labels[m];
    const int64_t top = std::max_element(logits, logits + classes) - logits;
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k)
      sum += std::exp(static_cast<double>(logits[k] - logits[top]));
    const double log_sum = logits[top] + std::log(sum);
    const double log_p = logits[label] - log_sum;
    loss -= log_p;
    if (correct) correct[m] = top == label;
    if (probability) probability[m] = static_cast<float>(std::exp(log_p));
    if (!dlogits) continue;
    float* d = dlogits + m * classes;
    for (int64_t k = 0; k < classes; ++k)
      d[k] = static_cast<float>((std::exp(logits[k] - log_sum) - (k == label ? 1 : 0)) /
                                static_cast<double>(rows));
  }
  return loss;
}

ASSAY_KERNEL void sgd_step(float* p, float* m, const float* gradient, int64_t n, float rate,
                           float momentum, float decay) {
  for (int64_t i = 0; i < n; ++i) {
    const float g = gradient[i] + decay * p[i];
    m[i] = momentum * m[i] + g;
    p[i] -= rate * m[i];
  }
}

}  // namespace assay::nn
