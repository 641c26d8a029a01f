// PNG images through libpng, and folders of them.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

namespace assay::data {

struct PngImage {
  int64_t channels = 0, height = 0, width = 0;
  Bytes pixels;  // (C, H, W)
};

/// Height and width may be at most this.
constexpr uint32_t kLargestPng = 4096;

/// Grey of any depth becomes one channel, RGB and palettes three; 16 bits become the nearest 8.
/// Samples are taken as they are stored: no gamma or colour profile is applied. Malformed if the
/// file is cut off, corrupt or too large, or if a pixel is transparent.
PngImage parse_png(View bytes, const std::string& path);

/// Does a file name end in .png?
bool is_png(const std::string& name);

/// All .png files of a folder, by name, as one class; or, if it has none, those of its subfolders,
/// one class each, by name. Malformed, with both files, if two images differ in shape.
ImageSet images_from_pngs(const std::string& folder);

}  // namespace assay::data
