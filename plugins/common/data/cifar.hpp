// The binary batches of CIFAR-10 and CIFAR-100: records of label bytes and 3 x 32 x 32 pixels.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

namespace assay::data {

enum class Cifar { ten, hundred };

/// CIFAR-10: one label byte (0..9). CIFAR-100: a coarse (0..19) and a fine (0..99) label byte; the
/// label is the fine one, the group the coarse one. Pixels are planar RGB.
ImageSet images_from_cifar(View bytes, Cifar kind, const std::string& path);

}  // namespace assay::data
