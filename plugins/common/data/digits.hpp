// MNIST digits as JSON, one file a digit.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

#include <functional>

namespace assay::data {

/// Ten files by their names 0.json .. 9.json, which `file` reads and whose paths are `path` + name.
/// Each is {"data": [...]}, 784 numbers from 0 to 1 for each 28x28 image of that digit, row by row;
/// a pixel is the nearest of 0/255 .. 255/255. The classes are the digits, and so are their names.
ImageSet images_from_digits(const std::function<Bytes(const std::string& path)>& file,
                            const std::string& path);

}  // namespace assay::data
