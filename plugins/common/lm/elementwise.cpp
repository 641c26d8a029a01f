#include "plugins/common/lm/elementwise.hpp"
#include "plugins/common/lm/simd.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace assay::lm {
namespace {

enum class Curve { gelu, gelu_new, silu, relu };

/// For each row, in parallel if that pays.
template <class Body>
void each_row(int64_t rows, int64_t width, const Body& body) {
  at::parallel_for(0, rows, std::max<int64_t>(1, 8192 / std::max<int64_t>(1, width)),
                   [&](int64_t from, int64_t to) { body(from, to); });
}

/// `count` floats at `x`, zero beyond.
[[gnu::always_inline]] inline void load(Lanes& to, const float* x, int64_t count) {
  if (count >= kLanes) {
    to = *reinterpret_cast<const Lanes*>(x);
    return;
  }
  to = Lanes{};
  for (int64_t i = 0; i < count; ++i) to[i] = x[i];
}

[[gnu::always_inline]] inline void store(const Lanes& from, float* y, int64_t count) {
  if (count >= kLanes)
    *reinterpret_cast<Lanes*>(y) = from;
  else
    for (int64_t i = 0; i < count; ++i) y[i] = from[i];
}

[[gnu::always_inline]] inline float total(const Lanes& x) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += x[i];
  return sum;
}

/// One row of a norm; `centred`: LayerNorm.
template <class>
[[gnu::always_inline]] inline void norm(const float* x, const float* weight, const float* bias,
                                        int64_t width, float eps, bool centred, float* y) {
  const auto n = static_cast<float>(width);
  float mean = 0;
  if (centred) {
    Lanes sum{};
    for (int64_t i = 0; i < width; i += kLanes) {
      Lanes a;
      load(a, x + i, width - i);
      sum += a;
    }
    mean = total(sum) / n;
  }
  Lanes squares{};
  for (int64_t i = 0; i < width; i += kLanes) {
    Lanes a;
    load(a, x + i, width - i);
    if (centred && width - i >= kLanes) a -= mean;
    if (centred && width - i < kLanes)
      for (int64_t j = 0; j < width - i; ++j) a[j] -= mean;
    squares += a * a;
  }
  const float scale = 1 / __builtin_sqrtf(total(squares) / n + eps);
  for (int64_t i = 0; i < width; i += kLanes) {
    Lanes a, w, b;
    load(a, x + i, width - i);
    a = (a - mean) * scale;
    if (weight) {
      load(w, weight + i, width - i);
      a = a * w;
    }
    if (bias) {
      load(b, bias + i, width - i);
      a = a + b;
    }
    store(a, y + i, width - i);
  }
}
ASSAY_MACHINES(norm_row,
               (const float* x, const float* weight, const float* bias, int64_t width, float eps,
                bool centred, float* y),
               norm, (x, weight, bias, width, eps, centred, y))

/// x := erf(x) (Cephes' erff): a polynomial for |x| <= 1, exp(-x^2) times one in 1 / x^2 beyond.
[[gnu::always_inline]] inline void erf_in_place(Lanes& x) {
  const Lanes z = x * x, size = x < 0.0f ? -x : x;
  Lanes near = Lanes{} + 7.853861353153693e-5f;
  for (const float c : {-8.010193625184903e-4f, 5.188327685732524e-3f, -2.685381193529856e-2f,
                        1.128358514861418e-1f, -3.761262582423300e-1f, 1.128379165726710f})
    near = near * z + c;
  near = near * x;
  const Lanes inverse = 1.0f / (size < 1.0f ? Lanes{} + 1.0f : size), y = inverse * inverse;
  Lanes middle = Lanes{} + 2.326819970068386e-2f, far = Lanes{} - 1.047766399936249e+1f;
  for (const float c : {-1.387039388740657e-1f, 3.687424674597105e-1f, -5.824733027278666e-1f,
                        6.210004621745983e-1f, -4.944515323274145e-1f, 3.404879937665872e-1f,
                        -2.741127028184656e-1f, 5.638259427386472e-1f})
    middle = middle * y + c;
  for (const float c :
       {1.297719955372516e+1f, -7.495518717768503f, 2.921019019210786f, -1.015265279202700f,
        4.218463358204948e-1f, -2.820767439740514e-1f, 5.641895067754075e-1f})
    far = far * y + c;
  Lanes e = -z;
  exp_in_place(e);
  const Lanes beyond = 1.0f - e * inverse * (size < 2.0f ? middle : far);
  x = size <= 1.0f ? near : (x < 0.0f ? -beyond : beyond);
}

/// 1 / (1 + exp(-x)), from exp of a number that is not positive.
[[gnu::always_inline]] inline void sigmoid_in_place(Lanes& x) {
  Lanes e = x < 0.0f ? x : -x;
  exp_in_place(e);
  x = (x < 0.0f ? e : Lanes{} + 1.0f) / (1.0f + e);
}

template <class>
[[gnu::always_inline]] inline void bend(const float* x, int64_t n, Curve curve, float* y) {
  for (int64_t i = 0; i < n; i += kLanes) {
    Lanes a, t;
    load(a, x + i, n - i);
    if (curve == Curve::relu) {
      t = a < 0.0f ? Lanes{} : a;  // NaN stays
    } else if (curve == Curve::silu) {
      t = a;
      sigmoid_in_place(t);
      t = t * a;
    } else if (curve == Curve::gelu) {
      t = a * 0.70710678118654752f;
      erf_in_place(t);
      t = 0.5f * a * (1.0f + t);
    } else {  // 0.5 (1 + tanh u) = 1 / (1 + exp(-2 u))
      t = 1.5957691216057308f * (a + 0.044715f * a * a * a);
      sigmoid_in_place(t);
      t = t * a;
    }
    store(t, y + i, n - i);
  }
}
ASSAY_MACHINES(bend_row, (const float* x, int64_t n, Curve curve, float* y), bend, (x, n, curve, y))

/// One row of `heads` heads of D dimensions, of which 2 * half turn.
template <class>
[[gnu::always_inline]] inline void turn_heads(const float* x, const float* cos, const float* sin,
                                              int64_t heads, int64_t D, int64_t half, float* y) {
  for (int64_t h = 0; h < heads; ++h, x += D, y += D) {
    for (int64_t i = 0; i < half; i += kLanes) {
      Lanes a, b, c, s;
      load(a, x + i, half - i);
      load(b, x + half + i, half - i);
      load(c, cos + i, half - i);
      load(s, sin + i, half - i);
      store(a * c - b * s, y + i, half - i);
      store(b * c + a * s, y + half + i, half - i);
    }
    for (int64_t i = 2 * half; i < D; ++i) y[i] = x[i];
  }
}
ASSAY_MACHINES(turn_row,
               (const float* x, const float* cos, const float* sin, int64_t heads, int64_t D,
                int64_t half, float* y),
               turn_heads, (x, cos, sin, heads, D, half, y))

const float* data(const at::Tensor& x) { return x.defined() ? x.const_data_ptr<float>() : nullptr; }

at::Tensor normed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps,
                  bool centred) {
  const auto dense = x.contiguous();
  const auto y = at::empty_like(dense);
  const int64_t C = x.size(1);
  const float *from = data(dense), *w = data(weight), *b = data(bias);
  float* to = y.mutable_data_ptr<float>();
  each_row(x.size(0), C, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      norm_row(from + i * C, w, b, C, static_cast<float>(eps), centred, to + i * C);
  });
  return y;
}

}  // namespace

at::Tensor rms_norm_rows(const at::Tensor& x, const at::Tensor& weight, double eps) {
  return normed(x, weight, {}, eps, false);
}

at::Tensor layer_norm_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                           double eps) {
  return normed(x, weight, bias, eps, true);
}

at::Tensor activate_rows(const std::string& activation, const at::Tensor& x) {
  Curve curve;
  if (activation == "gelu")
    curve = Curve::gelu;
  else if (activation == "gelu_new")
    curve = Curve::gelu_new;
  else if (activation == "silu")
    curve = Curve::silu;
  else if (activation == "relu")
    curve = Curve::relu;
  else
    return {};
  const auto dense = x.contiguous();
  const auto y = at::empty_like(dense);
  const int64_t F = x.size(1);
  const float* from = data(dense);
  float* to = y.mutable_data_ptr<float>();
  each_row(x.size(0), 4 * F, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) bend_row(from + i * F, F, curve, to + i * F);
  });
  return y;
}

at::Tensor rotate_rows(const at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin) {
  const auto dense = x.contiguous(), c = cos.contiguous(), s = sin.contiguous();
  const auto y = at::empty_like(dense);
  const int64_t heads = x.size(1), D = x.size(2), half = cos.size(2);
  const float *from = data(dense), *cosines = data(c), *sines = data(s);
  float* to = y.mutable_data_ptr<float>();
  each_row(x.size(0), heads * D, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      turn_row(from + i * heads * D, cosines + i * half, sines + i * half, heads, D, half,
               to + i * heads * D);
  });
  return y;
}

}  // namespace assay::lm
