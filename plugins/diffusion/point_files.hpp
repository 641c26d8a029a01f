// Points from a file of the user's, such as the released code's real_dataset.npy.
#pragma once
#include "plugins/diffusion/point_sets.hpp"

#include <string>

namespace diffusion {

/// The first `options.size` rows, in their order, of the NPY file at `path`: floats (N,) or (N, d),
/// taken as they are. With `options.modes`, in the file's units, they belong to that mixture, of
/// width `options.sigma`, which must then be above 0. std::invalid_argument: which file, and what
/// is wrong with it.
Data point_file_data(const std::string& path, PointSetOptions options);

}  // namespace diffusion
