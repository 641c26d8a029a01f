// A labelled set as named NumPy arrays, from one .npz or from a folder of .npy files.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

#include <functional>
#include <optional>

namespace assay::data {

/// The .npy bytes of an array by name, or nothing.
using ArraySource = std::function<std::optional<Bytes>(const std::string& name)>;

/// Arrays x and y, optional true_label, group, noisy. The training part's names may end in _train;
/// those of a test part, where there is one, end in _test. `path` names the source in messages.
ImageSet images_from_arrays(const ArraySource& arrays, Part part, const std::string& path);

/// The same from the bytes of a .npz file.
ImageSet images_from_npz(View bytes, Part part, const std::string& path);

}  // namespace assay::data
