#include "plugins/diffusion/shape_detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {

/// White pixels of one column, and their bounding box.
struct Component {
  std::vector<std::array<int64_t, 2>> pixels;  // (y, x), x relative to the column
  int64_t top, left;
};

/// The components of a column of at least world.least_component pixels, by their first pixels.
std::vector<Component> components(const ShapeWorld& world, const uint8_t* image, int64_t column) {
  const int64_t height = world.column_height, width = world.column_width;
  std::vector<uint8_t> white(static_cast<size_t>(height * width));
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      white[static_cast<size_t>(y * width + x)] =
          image[y * world.canvas + column * width + x] >= 128;
  std::vector<Component> out;
  for (int64_t start = 0; start < height * width; ++start) {
    if (!white[static_cast<size_t>(start)]) continue;
    Component c{{{start / width, start % width}}, start / width, start % width};
    white[static_cast<size_t>(start)] = 0;
    for (size_t next = 0; next < c.pixels.size(); ++next) {  // c.pixels is also the queue
      const auto [y, x] = c.pixels[next];
      c.top = std::min(c.top, y);
      c.left = std::min(c.left, x);
      for (int64_t v = std::max<int64_t>(y - 1, 0); v <= std::min(y + 1, height - 1); ++v)
        for (int64_t u = std::max<int64_t>(x - 1, 0); u <= std::min(x + 1, width - 1); ++u)
          if (uint8_t& w = white[static_cast<size_t>(v * width + u)]; w) {
            w = 0;
            c.pixels.push_back({v, u});
          }
    }
    if (static_cast<int64_t>(c.pixels.size()) >= world.least_component) out.push_back(std::move(c));
  }
  return out;
}

/// Of a component with a kind's template whose bounding box starts at (top, left), both cut off at
/// the column's edges.
double iou(const ShapeWorld& world, const Component& component, const ShapeKind& kind, int64_t top,
           int64_t left) {
  int64_t box_left = kind.rows[0].from;
  for (const Span& row : kind.rows) box_left = std::min(box_left, row.from);
  const auto rows = static_cast<int64_t>(kind.rows.size());
  const auto span = [&](int64_t y) {  // of the template, in the column's x
    const Span row = kind.rows[static_cast<size_t>(y - top)];
    return Span{std::max<int64_t>(left - box_left + row.from, 0),
                std::min(left - box_left + row.to, world.column_width - 1)};
  };
  int64_t area = 0, common = 0;
  for (int64_t y = std::max<int64_t>(top, 0); y < std::min(top + rows, world.column_height); ++y)
    area += std::max<int64_t>(span(y).to - span(y).from + 1, 0);
  for (const auto [y, x] : component.pixels)
    if (y >= top && y < top + rows) common += x >= span(y).from && x <= span(y).to;
  return static_cast<double>(common) /
         static_cast<double>(area + static_cast<int64_t>(component.pixels.size()) - common);
}

FoundShape recognise(const ShapeWorld& world, const Component& component, int64_t column) {
  FoundShape best{column, -1, static_cast<int64_t>(component.pixels.size()), 0};
  for (size_t k = 0; k < world.kinds.size(); ++k)
    for (int64_t dy = -world.shift; dy <= world.shift; ++dy)
      for (int64_t dx = -world.shift; dx <= world.shift; ++dx) {
        const double score =
            iou(world, component, world.kinds[k], component.top + dy, component.left + dx);
        if (score <= best.iou) continue;
        best.iou = score;
        best.kind = static_cast<int64_t>(k);
      }
  if (best.iou < world.least_iou) best.kind = -1;
  return best;
}

}  // namespace

std::vector<FoundShape> find_shapes(const ShapeWorld& world, const uint8_t* image) {
  std::vector<FoundShape> found;
  for (int64_t column = 0; column < static_cast<int64_t>(world.kinds.size()); ++column)
    for (const Component& c : components(world, image, column))
      found.push_back(recognise(world, c, column));
  return found;
}

ShapeVerdict judge_shapes(const std::vector<FoundShape>& found) {
  ShapeVerdict verdict;
  verdict.empty = found.empty();
  for (size_t i = 0; i < found.size(); ++i) {
    if (found[i].kind < 0) {
      verdict.malformed = true;
      continue;
    }
    if (found[i].kind != found[i].column) verdict.wrong_column = true;
    for (size_t j = 0; j < i; ++j)
      if (found[j].kind >= 0 &&
          (found[j].kind == found[i].kind || found[j].column == found[i].column))
        verdict.duplicate = true;
  }
  return verdict;
}

std::vector<ShapeVerdict> shape_verdicts(const Data& images) {
  const ShapeWorld& world = shape_world(images.set);
  const auto size = static_cast<size_t>(world.pixels());
  if (images.shape != std::vector<int64_t>{1, world.canvas, world.canvas})
    throw std::invalid_argument("images of the set " + images.set + " are 1 x " +
                                std::to_string(world.canvas) + " x " +
                                std::to_string(world.canvas) + "; these are of another shape");
  const std::vector<uint8_t> bytes = as_bytes(images.x);
  std::vector<ShapeVerdict> verdicts;
  for (size_t at = 0; at < bytes.size(); at += size)
    verdicts.push_back(judge_shapes(find_shapes(world, bytes.data() + at)));
  return verdicts;
}

std::vector<uint8_t> as_bytes(std::span<const float> images) {
  std::vector<uint8_t> out(images.size());
  std::transform(images.begin(), images.end(), out.begin(), [](float x) {
    const float level = (x + 1) * 127.5f;
    return level > 0 ? static_cast<uint8_t>(std::lround(std::min(level, 255.0f))) : uint8_t{0};
  });
  return out;
}

}  // namespace diffusion
