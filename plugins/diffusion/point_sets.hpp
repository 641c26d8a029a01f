// The Gaussian data sets of the paper, and any mixture that a user describes.
#pragma once
#include "plugins/diffusion/data.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// What a data set of points is made of; empty lists and 0 stand for the set's own.
struct PointSetOptions {
  std::string dataset;  // gaussian1d, gaussian8, gaussian9, gaussian25, gaussian25_rotated, mixture
  int64_t size = 0;
  int64_t dimension = 0;        // of `mixture`
  std::vector<double> modes;    // (K, dimension), before division
  std::vector<double> weights;  // (K,); given, modes are drawn at random; else they are balanced
  double sigma = 0;             // before division
  std::string normalise;        // yes, no, or auto: all but gaussian1d and mixture
};

/// The mixture and its divisor: gaussian9 and gaussian25 are lattices of spacing 2, the rotated one
/// turned by 45 degrees, gaussian8 a circle of radius 2. Normalised data are divided by
/// sqrt(sigma^2 + v), v the variance of the modes' coordinates; gaussian25_rotated by gaussian25's
/// divisor. std::invalid_argument, naming the parameter: no modes, modes that coincide, weights
/// that do not fit or are not positive.
Data point_world(const PointSetOptions& options);

/// `options.size` points of that world, float32: example i belongs to mode i mod K, unless weights
/// are given or the set is gaussian8, whose modes are drawn.
Data draw_points(const PointSetOptions& options, uint64_t noise_key, uint64_t mode_key);

}  // namespace diffusion
