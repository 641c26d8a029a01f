#include "plugins/common/nn/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

// One source, three machines: the loader picks the best one the processor has.
#if defined(__x86_64__) && defined(__linux__)
#define ASSAY_KERNEL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ASSAY_KERNEL
#endif

namespace assay::nn {

ASSAY_KERNEL void gather_scaled(const uint8_t* bytes, const int64_t* index, int64_t rows,
                                int64_t size, float* out) {
  for (int64_t m = 0; m < rows; ++m) {
    const uint8_t* from = bytes + index[m] * size;
    float* to = out + m * size;
    for (int64_t i = 0; i < size; ++i) to[i] = static_cast<float>(from[i]) / 255.0f;
  }
}

namespace {

/// The part of a kernel row that lies inside the image: columns [first, last) of the kernel.
struct Inside {
  int64_t first, last;
};
Inside inside(int64_t start, int64_t kernel, int64_t extent) {
  return {std::max<int64_t>(0, -start), std::min(kernel, extent - start)};
}

/// Calls `run(patch offset, image offset, length)` for each run of floats that is contiguous both
/// in a patch and in one image, patch by patch.
template <class Run>
inline void for_each_run(const Window& w, Run&& run) {
  const int64_t row = w.width * w.channels, kernel_row = w.kernel * w.channels;
  int64_t patch = 0;
  for (int64_t oy = 0; oy < w.out_height(); ++oy) {
    const int64_t y = oy * w.stride - w.padding;
    const auto ys = inside(y, w.kernel, w.height);
    for (int64_t ox = 0; ox < w.out_width(); ++ox, patch += w.patch()) {
      const int64_t x = ox * w.stride - w.padding;
      const auto xs = inside(x, w.kernel, w.width);
      for (int64_t ky = ys.first; ky < ys.last; ++ky)
        run(patch + ky * kernel_row + xs.first * w.channels,
            (y + ky) * row + (x + xs.first) * w.channels, (xs.last - xs.first) * w.channels);
    }
  }
}

}  // namespace

ASSAY_KERNEL void unfold(const float* images, int64_t n, const Window& w, float* patches) {
  const int64_t image = w.height * w.width * w.channels, out = w.out_pixels() * w.patch();
  for (int64_t i = 0; i < n; ++i)
    for_each_run(w, [&](int64_t patch, int64_t pixel, int64_t length) {
      const float* from = images + i * image + pixel;
      float* to = patches + i * out + patch;
      for (int64_t j = 0; j < length; ++j) to[j] = from[j];
    });
}

ASSAY_KERNEL void fold(const float* patches, int64_t n, const Window& w, float* images) {
  const int64_t image = w.height * w.width * w.channels, out = w.out_pixels() * w.patch();
  std::memset(images, 0, static_cast<size_t>(n * image) * sizeof(float));
  for (int64_t i = 0; i < n; ++i)
    for_each_run(w, [&](int64_t patch, int64_t pixel, int64_t length) {
      const float* from = patches + i * out + patch;
      float* to = images + i * image + pixel;
      for (int64_t j = 0; j < length; ++j) to[j] += from[j];
    });
}

ASSAY_KERNEL void add_bias(float* y, const float* bias, int64_t rows, int64_t columns, bool relu) {
  const float floor = relu ? 0.0f : -INFINITY;
  for (int64_t m = 0; m < rows; ++m, y += columns)
    for (int64_t o = 0; o < columns; ++o) y[o] = std::max(y[o] + bias[o], floor);
}

ASSAY_KERNEL void bias_gradient(float* dy, const float* y, float* dbias, int64_t rows,
                                int64_t columns, bool relu) {
  std::memset(dbias, 0, static_cast<size_t>(columns) * sizeof(float));
  for (int64_t m = 0; m < rows; ++m, dy += columns, y += columns)
    for (int64_t o = 0; o < columns; ++o) {
      const float d = relu && y[o] <= 0 ? 0.0f : dy[o];
      dy[o] = d;
      dbias[o] += d;
    }
}

void max_pool(const float* x, int64_t n, const Window& w, float* y, int32_t* from) {
  const int64_t c = w.channels, row = w.width * c;
  for (int64_t i = 0; i < n; ++i, x += w.height * row)
    for (int64_t oy = 0; oy < w.out_height(); ++oy)
      for (int64_t ox = 0; ox < w.out_width(); ++ox, y += c, from += c) {
        const int64_t corner = oy * w.kernel * row + ox * w.kernel * c;
        for (int64_t o = 0; o < c; ++o) y[o] = -INFINITY;
        for (int64_t ky = 0; ky < w.kernel; ++ky)
          for (int64_t kx = 0; kx < w.kernel; ++kx) {
            const int64_t at = corner + ky * row + kx * c;
            for (int64_t o = 0; o < c; ++o) {
              const bool greater = x[at + o] > y[o];
              y[o] = greater ? x[at + o] : y[o];
              from[o] = greater ? static_cast<int32_t>(at + o) : from[o];
            }
          }
      }
}

void max_pool_gradient(const float* dy, int64_t n, const Window& w, const int32_t* from,
                       float* dx) {
  const int64_t image = w.height * w.width * w.channels, out = w.out_pixels() * w.channels;
  std::memset(dx, 0, static_cast<size_t>(n * image) * sizeof(float));
  for (int64_t i = 0; i < n; ++i, dx += image, dy += out, from += out)
    for (int64_t j = 0; j < out; ++j) dx[from[j]] += dy[j];
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
