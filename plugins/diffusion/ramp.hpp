// Between two modes the true score of slightly noised data turns round within a hair's breadth, and
// a network's does so gradually (Aithal et al. 2024, figure 4): how gradually.
#pragma once
#include <span>

namespace diffusion {

/// The turn of a noise prediction along a segment from one mode to another. Within a mode eps
/// rises; between two it falls, from a value to the lowest after it.
struct Ramp {
  double steepest;  // the largest |d x0^ / dx|, by central differences
  double width;     // of x, over which eps falls from 10 to 90 % of the way; NaN: it never falls
};

/// x, eps and x0^ (along the segment) at equal steps of x from one mode to the other.
Ramp ramp_of(std::span<const double> x, std::span<const double> eps, std::span<const double> x0);

}  // namespace diffusion
