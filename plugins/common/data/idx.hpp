// IDX, the format of MNIST: a magic number, the extents, the bytes.
//   00 00 TYPE RANK | RANK big-endian 32-bit extents | values in row-major order
// Of the types only 08 (unsigned byte) occurs in image sets; the others are refused by name.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// A view of the bytes that it was parsed from.
struct IdxArray {
  std::vector<int64_t> shape;
  View values;
};
IdxArray parse_idx(View bytes, const std::string& path);

/// images (N, H, W), (N, C, H, W) or (N, D); labels (N,).
ImageSet images_from_idx(View images, const std::string& images_path, View labels,
                         const std::string& labels_path);

}  // namespace assay::data
