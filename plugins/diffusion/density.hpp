// A density on a line as masses of equal cells, and what one step of a chain with noise does to it.
// The reverse chain is a Markov chain with Gaussian kernels, so in one dimension the density of its
// samples can be computed instead of drawn: mass moves to where the step's mean lies, and spreads.
#pragma once
#include "plugins/diffusion/mixture.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace diffusion {

/// `points` cells; the centres of the outer ones are lo and hi.
struct Grid {
  double lo = -6, hi = 6;
  int64_t points = 12001;
  double step() const { return (hi - lo) / static_cast<double>(points - 1); }
  double at(int64_t i) const { return lo + step() * static_cast<double>(i); }
};

/// Covers the standard normal from which chains start, and 3 beyond the outer modes.
Grid grid_for(const Mixture& mixture, int64_t points);

struct Density {
  Grid grid;
  std::vector<double> mass;  // (points,), of each cell

  double total() const;
  /// In (lo, hi), spread evenly within each cell. Summed from the cells themselves, so that masses
  /// of 1e-19 keep their digits.
  double between(double lo, double hi) const;
};

/// N(0, 1).
Density standard_normal(const Grid& grid);

/// Mass that is farther than `distance` from every mode.
double mass_beyond(const Density& density, const Mixture& mixture, double distance);

/// The true density of the mixture at x, per unit length.
double true_density(const Mixture& mixture, double x);

/// Moves the mass of cell i to `to[i]`, split between the two nearest cells in proportion (which
/// keeps its mean). What leaves the grid is lost.
void move(Density& density, std::span<const double> to);

/// The same for a step without noise after it, which tears neighbouring cells apart where the map
/// is steep: the mass of a cell is spread evenly over what lies between its ends' images. What of
/// that is beyond the grid is lost.
void stretch(Density& density, std::span<const double> to);

/// How many cells from its centre a Gaussian of this width is summed: to 10 sigma, 1e-22.
int64_t reach(const Grid& grid, double sigma);

/// Spreads each cell's mass by N(0, sigma^2), term by term: masses far below 1e-16 of the largest
/// keep their digits, which a Fourier transform would bury. Costs points x reach.
void spread(Density& density, double sigma);

}  // namespace diffusion
