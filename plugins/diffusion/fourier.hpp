// Filters real signals by their spectrum. No LibTorch: its transforms of one short signal spend
// their time on tables that they throw away.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace diffusion {

/// Circular filters of real signals of one length, a power of two from 8 on.
class Fourier {
 public:
  /// std::invalid_argument on another length.
  explicit Fourier(int64_t length);
  int64_t length() const { return 2 * n_; }

  /// signal (length,) becomes the signal whose spectrum is gain[k] times its own at frequencies k
  /// and -k, 0 <= k <= length / 2; gain (length / 2 + 1,) is real. Exact to about 1e-16 of the
  /// largest value.
  void filter(std::span<double> signal, std::span<const double> gain);

 private:
  void transform(double* re, double* im);
  void multiply(std::span<const double> gain);

  int64_t n_;                      // complex numbers: even places of the signal + i odd ones
  std::vector<double> cos_, sin_;  // of 2 pi k / length, (length,)
  std::vector<double> re_, im_, re2_, im2_;  // (n,): the signal, and where a pass puts it
};

}  // namespace diffusion
