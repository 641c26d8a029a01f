// Images of an archive as PNG.
#pragma once
#include "core/archive/array.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// An array as (N, H, W, C) images, C = 1 or 3.
struct ImageShape {
  size_t n = 0, height = 0, width = 0, channels = 1;
};

/// (N, H, W), (N, H, W, 1|3) or (N, 1|3, H, W). Throws BadInput for another shape.
ImageShape image_shape(const Array& array);

/// Image `i` as a PNG. uint8 as it is; floats in [0, 1] times 255; other ranges stretched from the
/// smallest to the largest value of the image.
std::string encode_png(const Array& array, const ImageShape& shape, size_t i);

std::string base64(std::string_view bytes);

}  // namespace assay
