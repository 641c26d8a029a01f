// A denoiser of one dimension as a table: exact between few points, and far cheaper than a network.
#pragma once
#include "plugins/diffusion/chain.hpp"
#include "plugins/diffusion/denoiser.hpp"
#include "plugins/diffusion/mixture.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace diffusion {

/// Where chains run: [-6, 6] for the noise, and 5 beyond the outer modes where they are known.
std::array<double, 2> table_range(const Mixture& mixture);

/// eps on a grid of `points` values of x for every timestep of a chain, linear in between and
/// beyond. The error is h^2 / 8 max |eps''|, h the grid's spacing.
class TableDenoiser : public Denoiser {
 public:
  /// Asks `model` (one feature) points x chain.size() times. The grid covers `range`.
  TableDenoiser(Denoiser& model, const std::vector<Step>& chain, std::array<double, 2> range,
                int64_t points);

  int64_t features() const override { return 1; }
  /// std::out_of_range at a timestep that the chain does not visit.
  void eps(const float* x, int64_t n, int64_t t, float* eps) override;

 private:
  float low_, per_unit_;
  int64_t points_;
  std::vector<int64_t> row_;   // by timestep; -1: not visited
  std::vector<float> values_;  // (rows, points)
};

}  // namespace diffusion
