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

/// Shape (n, H, W), or (n, H, W, 3) of three channels, as galleries are logged.
std::vector<int64_t> gallery_shape(const Data& data, size_t n);
/// The images at `index`, bytes, channels last.
std::vector<uint8_t> gallery(const Data& data, std::span<const int64_t> index);

}  // namespace diffusion
