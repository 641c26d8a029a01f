// Data sets of images as diffusion models take them: drawn shapes, or files of the user's.
#pragma once
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/shapes.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

/// `draws` as images (n, 1, canvas, canvas) that are -1 and 1; labels say which shapes are there.
Data shapes_data(const ShapeWorld& world, const ShapeDraws& draws);

struct ImageFileOptions {
  std::string path;
  std::string part = "train";  // train, test, all
  int64_t size = 0;            // at most so many; 0: all
  int64_t pool = 1;            // each square of so many pixels a side becomes its mean
  uint64_t order_key = 0;
};

/// What read_images of plugins/common/data knows, and images without labels: a file FILE.npy of
/// (N, H, W) or (N, C, H, W), and an IDX file of images alone. A byte b becomes b / 127.5 - 1.
/// Floats must be finite, and lie in [-1, 1] as they shall, or in [0, 1]: they become 2 x - 1; or
/// be whole numbers up to 255: they are bytes. In random order, of which the first `size` are kept.
/// std::invalid_argument: which file, and what is wrong with it.
Data image_file_data(const ImageFileOptions& options);

/// Logs the images at `index` as the array `name`, which declares the format "images": bytes,
/// (n, H, W), or (n, H, W, C) unless C is 1. Nothing if there are none.
void log_gallery(const assay::Job& job, const std::string& name, const Data& data,
                 std::span<const int64_t> index);
/// The same of the first `most` images.
void log_gallery(const assay::Job& job, const std::string& name, const Data& data, int64_t most);

}  // namespace diffusion
