#include "plugins/diffusion/smoother.hpp"

#include <assay/torch.hpp>

#include <algorithm>
#include <numbers>

namespace diffusion {
namespace {

constexpr int64_t kNarrow = 600;  // cells to either side, up to which terms are summed

/// The smallest number from n on that has no prime factor above 5: transforms of it are fast.
int64_t good_length(int64_t n) {
  for (;; ++n) {
    int64_t rest = n;
    for (const int64_t factor : {2, 3, 5})
      while (rest % factor == 0) rest /= factor;
    if (rest == 1 && n % 2 == 0) return n;
  }
}

}  // namespace

Smoother::Smoother(const Grid& grid, double widest) {
  const int64_t length = good_length(grid.points + std::min(grid.points, reach(grid, widest)));
  padded_ = at::zeros({length}, at::kDouble);
  const auto frequency = at::arange(length / 2 + 1, at::kDouble) *
                         (2 * std::numbers::pi / (static_cast<double>(length) * grid.step()));
  squares_ = frequency.square() / -2;
}

void Smoother::spread(Density& density, double sigma) {
  if (reach(density.grid, sigma) <= kNarrow)
    diffusion::spread(density, sigma);
  else
    spread_by_transform(density, sigma);
}

void Smoother::spread_by_transform(Density& density, double sigma) {
  double* in = padded_.data_ptr<double>();
  std::copy(density.mass.begin(), density.mass.end(), in);
  const auto spectrum = at::fft_rfft(padded_) * (squares_ * (sigma * sigma)).exp();
  const auto out = at::fft_irfft(spectrum, padded_.size(0));
  const double* values = out.const_data_ptr<double>();
  // Rounding leaves negative masses where there is none.
  for (size_t i = 0; i < density.mass.size(); ++i) density.mass[i] = std::max(0.0, values[i]);
}

}  // namespace diffusion
