// Where a method gets its examples: a file or a folder that read_images knows, or HDF5 through the
// host's reader.
#pragma once
#include "plugins/common/data/images.hpp"

#include <assay/plugin.hpp>

namespace assay::data {

/// The input `name` of the job: images, features or texts. HDF5: `x` (N, D), (N, H, W) or
/// (N, C, H, W), uint8 for images and float or double for features; `y` (N,), and, where they are
/// known, `true_label`, `group` and `noisy`, of any integer type. The training part's names may end
/// in _train; those of a test part, where there is one, end in _test. Features that are whole
/// numbers from 0 to 255, as in a CSV of pixels, are taken as images. A set of fewer than two
/// classes is std::invalid_argument.
ImageSet read_any_source(const Job& job, const std::string& name, Part part);

/// The same, of images alone: features and texts are std::invalid_argument.
ImageSet read_source(const Job& job, const std::string& name, Part part);

}  // namespace assay::data
