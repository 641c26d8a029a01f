// Stockham's self-sorting transform in passes of radix 4, one of radix 2 where the length needs it,
// on separate real and imaginary parts.
#include "plugins/diffusion/fourier.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

namespace diffusion {
namespace {

/// What a pass reads and writes: n-point transforms of `stride` interleaved sequences.
struct Pass {
  int64_t n, stride;
  const double *re, *im;
  double *to_re, *to_im;
};

/// Twiddles w^p, w^2p, w^3p of one butterfly, w = exp(-2 pi i / n).
struct Turns {
  double c1, s1, c2, s2, c3, s3;
};

void butterflies4(const Pass& pass, int64_t p, const Turns& w) {
  const int64_t s = pass.stride, quarter = s * pass.n / 4;
  const double* __restrict re = pass.re + s * p;
  const double* __restrict im = pass.im + s * p;
  double* __restrict out_re = pass.to_re + 4 * s * p;
  double* __restrict out_im = pass.to_im + 4 * s * p;
  for (int64_t q = 0; q < s; ++q) {
    const double ar = re[q], br = re[q + quarter], cr = re[q + 2 * quarter],
                 dr = re[q + 3 * quarter];
    const double ai = im[q], bi = im[q + quarter], ci = im[q + 2 * quarter],
                 di = im[q + 3 * quarter];
    const double sum_r = ar + cr, sum_i = ai + ci, off_r = ar - cr, off_i = ai - ci;
    const double more_r = br + dr, more_i = bi + di, turn_r = di - bi, turn_i = br - dr;
    const double x1r = off_r - turn_r, x1i = off_i - turn_i;
    const double x2r = sum_r - more_r, x2i = sum_i - more_i;
    const double x3r = off_r + turn_r, x3i = off_i + turn_i;
    out_re[q] = sum_r + more_r;
    out_im[q] = sum_i + more_i;
    out_re[q + s] = w.c1 * x1r - w.s1 * x1i;
    out_im[q + s] = w.c1 * x1i + w.s1 * x1r;
    out_re[q + 2 * s] = w.c2 * x2r - w.s2 * x2i;
    out_im[q + 2 * s] = w.c2 * x2i + w.s2 * x2r;
    out_re[q + 3 * s] = w.c3 * x3r - w.s3 * x3i;
    out_im[q + 3 * s] = w.c3 * x3i + w.s3 * x3r;
  }
}

void butterflies2(const Pass& pass) {
  const int64_t s = pass.stride;
  for (int64_t q = 0; q < s; ++q) {
    pass.to_re[q] = pass.re[q] + pass.re[q + s];
    pass.to_im[q] = pass.im[q] + pass.im[q + s];
    pass.to_re[q + s] = pass.re[q] - pass.re[q + s];
    pass.to_im[q + s] = pass.im[q] - pass.im[q + s];
  }
}

}  // namespace

Fourier::Fourier(int64_t length) : n_(length / 2) {
  if (length < 8 || !std::has_single_bit(static_cast<uint64_t>(length)))
    throw std::invalid_argument("a filter of " + std::to_string(length) +
                                " values; the length must be a power of two from 8 on");
  for (int64_t k = 0; k < length; ++k) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(length);
    cos_.push_back(std::cos(angle));
    sin_.push_back(std::sin(angle));
  }
  for (auto* part : {&re_, &im_, &re2_, &im2_}) part->resize(static_cast<size_t>(n_));
}

/// The forward transform of re + i im, in place. With the two exchanged it is the inverse, times n.
void Fourier::transform(double* re, double* im) {
  double *to_re = re2_.data(), *to_im = im2_.data();
  const double* const home = re;
  for (int64_t n = n_, stride = 1; n > 1;) {
    const Pass pass{n, stride, re, im, to_re, to_im};
    const int64_t radix = n == 2 ? 2 : 4;
    if (radix == 2) {
      butterflies2(pass);
    } else {
      const int64_t turn = 2 * n_ / n;  // 2 pi / n in steps of the tables
      for (int64_t p = 0; p < n / 4; ++p) {
        const auto k = static_cast<size_t>(turn * p);
        butterflies4(pass, p,
                     {cos_[k], -sin_[k], cos_[2 * k], -sin_[2 * k], cos_[3 * k], -sin_[3 * k]});
      }
    }
    std::swap(re, to_re);
    std::swap(im, to_im);
    n /= radix, stride *= radix;
  }
  if (re == home) return;
  std::copy_n(re, n_, to_re);
  std::copy_n(im, n_, to_im);
}

/// The spectrum Z of even + i odd places becomes that of the filtered signal. With E and O the
/// spectra of the even and of the odd places, and w = exp(-2 pi i k / length),
///   E_k = (Z_k + Z*_(n-k)) / 2,  O_k = (Z_k - Z*_(n-k)) / 2i,  X_k = E_k + w O_k,
/// and X_(n-k) = (E_k - w O_k)*; both are multiplied, and E and O follow from them.
void Fourier::multiply(std::span<const double> gain) {
  const auto n = static_cast<size_t>(n_);
  const double first = gain[0] * (re_[0] + im_[0]), last = gain[n] * (re_[0] - im_[0]);
  re_[0] = (first + last) / 2, im_[0] = (first - last) / 2;
  for (size_t k = 1; k <= n / 2; ++k) {
    const size_t m = n - k;
    const double er = (re_[k] + re_[m]) / 2, ei = (im_[k] - im_[m]) / 2;
    const double odd_r = (im_[k] + im_[m]) / 2, odd_i = (re_[m] - re_[k]) / 2;
    const double wr = cos_[k] * odd_r + sin_[k] * odd_i, wi = cos_[k] * odd_i - sin_[k] * odd_r;
    const double sum = (gain[k] + gain[m]) / 2, off = (gain[k] - gain[m]) / 2;
    const double new_er = sum * er + off * wr, new_ei = sum * ei + off * wi;
    const double new_wr = off * er + sum * wr, new_wi = off * ei + sum * wi;
    const double new_or = cos_[k] * new_wr - sin_[k] * new_wi;
    const double new_oi = cos_[k] * new_wi + sin_[k] * new_wr;
    re_[k] = new_er - new_oi, im_[k] = new_ei + new_or;
    re_[m] = new_er + new_oi, im_[m] = new_or - new_ei;
  }
}

void Fourier::filter(std::span<double> signal, std::span<const double> gain) {
  for (size_t i = 0; i < re_.size(); ++i) re_[i] = signal[2 * i], im_[i] = signal[2 * i + 1];
  transform(re_.data(), im_.data());
  multiply(gain);
  transform(im_.data(), re_.data());
  const double scale = 1 / static_cast<double>(n_);
  for (size_t i = 0; i < re_.size(); ++i)
    signal[2 * i] = re_[i] * scale, signal[2 * i + 1] = im_[i] * scale;
}

}  // namespace diffusion
