#include "plugins/common/data/pool.hpp"

#include <stdexcept>

namespace assay::data {

void pool(ImageSet& set, int64_t factor) {
  if (factor == 1) return;
  if (!set.has_pixels())
    throw std::invalid_argument(set.source + " holds floats, and only images of bytes are pooled");
  if (set.height % factor || set.width % factor)
    throw std::invalid_argument("images of " + std::to_string(set.height) + " x " +
                                std::to_string(set.width) + " cannot be pooled by " +
                                std::to_string(factor) + ": both must be multiples of it");
  const int64_t h = set.height / factor, w = set.width / factor, area = factor * factor;
  std::vector<uint8_t> out;
  out.reserve(static_cast<size_t>(set.count * set.channels * h * w));
  for (int64_t plane = 0; plane < set.count * set.channels; ++plane)
    for (int64_t y = 0; y < h; ++y)
      for (int64_t x = 0; x < w; ++x) {
        const uint8_t* block =
            set.pixels.data() + (plane * set.height + y * factor) * set.width + x * factor;
        int64_t sum = area / 2;
        for (int64_t i = 0; i < area; ++i) sum += block[i / factor * set.width + i % factor];
        out.push_back(static_cast<uint8_t>(sum / area));
      }
  set.pixels = std::move(out);
  set.height = h;
  set.width = w;
}

}  // namespace assay::data
