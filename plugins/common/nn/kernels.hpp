// The loops between the matrix products of a planned network: plain C++ over contiguous float
// arrays, each compiled for AVX-512, AVX2 and the baseline and chosen when the plugin is loaded.
// No LibTorch. N images, H height, W width, I channels in, O channels out, M rows; row-major.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace assay::nn {

/// out[m] = bytes[index[m]] / divisor + low for rows of `size` bytes.
void gather_scaled(const uint8_t* bytes, const int64_t* index, int64_t rows, int64_t size,
                   float divisor, float low, float* out);

/// What a convolution reads of its input (N, H, W, I).
struct Window {
  int64_t height, width, channels;  // of the input
  int64_t kernel, stride, padding;
  int64_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  int64_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
  int64_t size() const { return height * width * channels; }
  int64_t out_pixels() const { return out_height() * out_width(); }
  int64_t patch() const { return kernel * kernel * channels; }
};

/// A stretch of floats that is contiguous both in the patches and in the image they are cut from.
struct Run {
  int32_t patch, pixel, length;  // offsets from the image's first patch and first pixel
};
/// All of them, patch by patch; a patch is ordered (ky, kx, channel).
std::vector<Run> runs(const Window& w);

/// (N, H, W, I) -> patches (N * out_pixels, patch). Positions outside the image are not written:
/// `patches` starts as zeros and is used for nothing else.
void unfold(const float* images, int64_t n, const Window& w, std::span<const Run> runs,
            float* patches);

/// The transpose of unfold: adds each patch onto the pixels it came from; `images` is overwritten.
void fold(const float* patches, int64_t n, const Window& w, std::span<const Run> runs,
          float* images);

/// y += bias on each of the rows, then max(y, 0) if `relu`.
void add_bias(float* y, const float* bias, int64_t rows, int64_t columns, bool relu);

/// The gradient before a bias and a ReLU from the gradient `dy` after them: dy = 0 where y = 0 (if
/// `relu`), and dbias = the sum of dy over the rows.
void bias_gradient(float* dy, const float* y, float* dbias, int64_t rows, int64_t columns,
                   bool relu);

/// Softmax cross-entropy of logits (rows, classes) for one label each. Any output may be null.
///   loss         the sum over the rows (returned)
///   correct      whether the label has the greatest logit (the first of equals)
///   probability  of the label
///   dlogits      the gradient of the *mean* loss
double cross_entropy(const float* logits, const int64_t* labels, int64_t rows, int64_t classes,
                     uint8_t* correct, float* probability, float* dlogits);

/// One step of stochastic gradient descent with momentum, as torch.optim.SGD does it (dampening 0,
/// not Nesterov), in one pass:  g = gradient + decay * p,  m = momentum * m + g,  p -= rate * m.
void sgd_step(float* p, float* m, const float* gradient, int64_t n, float rate, float momentum,
              float decay);

}  // namespace assay::nn
