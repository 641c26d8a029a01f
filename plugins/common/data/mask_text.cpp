#include "plugins/common/data/mask_text.hpp"

#include <algorithm>
#include <vector>

namespace assay::data {
namespace {

using Colour = std::array<uint8_t, 3>;

/// The average colour of the pixels of `box` that `wanted(pixel index)` is true of.
template <class Wanted>
bool average(const uint8_t* picture, int64_t height, int64_t width, const PixelBox& box,
             Wanted wanted, Colour& colour) {
  int64_t count = 0, sum[3] = {};
  for (int64_t y = box.top; y < box.bottom; ++y)
    for (int64_t x = box.left; x < box.right; ++x) {
      if (!wanted(y * width + x)) continue;
      ++count;
      for (int64_t c = 0; c < 3; ++c) sum[c] += picture[c * height * width + y * width + x];
    }
  if (!count) return false;
  for (size_t c = 0; c < 3; ++c)
    colour[c] = static_cast<uint8_t>((2 * sum[c] + count) / (2 * count));
  return true;
}

PixelBox cut(const PixelBox& box, int64_t height, int64_t width, int32_t grow = 0) {
  return {std::max(box.left - grow, 0), std::max(box.top - grow, 0),
          std::min(box.right + grow, static_cast<int32_t>(width)),
          std::min(box.bottom + grow, static_cast<int32_t>(height))};
}

}  // namespace

void mask_text(uint8_t* picture, int64_t height, int64_t width, std::span<const PixelBox> boxes,
               int32_t ring) {
  std::vector<PixelBox> inside;
  std::vector<uint8_t> covered(static_cast<size_t>(height * width));
  for (const PixelBox& box : boxes) {
    inside.push_back(cut(box, height, width));
    const PixelBox& b = inside.back();
    for (int64_t y = b.top; y < b.bottom; ++y)
      for (int64_t x = b.left; x < b.right; ++x) covered[static_cast<size_t>(y * width + x)] = 1;
  }

  // Take all colours from the picture as it is.
  const auto is_free = [&](int64_t pixel) { return !covered[static_cast<size_t>(pixel)]; };
  const PixelBox all{0, 0, static_cast<int32_t>(width), static_cast<int32_t>(height)};
  std::vector<Colour> colours(inside.size());
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i].empty()) continue;
    const PixelBox around = cut(boxes[i], height, width, ring);
    if (!average(picture, height, width, around, is_free, colours[i]) &&
        !average(picture, height, width, all, is_free, colours[i]))
      average(
          picture, height, width, inside[i], [](int64_t) { return true; }, colours[i]);
  }

  // Paint.
  for (size_t i = 0; i < inside.size(); ++i)
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = inside[i].top; y < inside[i].bottom; ++y)
        for (int64_t x = inside[i].left; x < inside[i].right; ++x)
          picture[c * height * width + y * width + x] = colours[i][static_cast<size_t>(c)];
}

}  // namespace assay::data
