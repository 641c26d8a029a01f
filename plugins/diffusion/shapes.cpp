#include "plugins/diffusion/shapes.hpp"

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

const ShapeWorld kShapes{
    "shapes",
    64,
    21,
    63,
    {{"triangle",
      0,
      {{0, 11}, {1, 10}, {1, 10}, {2, 9}, {2, 8}, {3, 8}, {3, 7}, {4, 6}, {4, 6}, {5, 5}},
      0,
      10,
      0,
      52},
     {"square", 0, {{0, 7}, {0, 7}, {0, 7}, {0, 7}, {0, 7}, {0, 7}, {0, 7}, {0, 7}}, 1, 7, 1, 49},
     {"pentagon",
      -5,
      {{1, 1}, {-2, 2}, {-5, 3}, {-5, 3}, {-5, 4}, {-5, 5}, {-5, 4}, {-5, 3}, {-2, 2}, {1, 1}},
      5,
      16,
      5,
      58}},
    8,
    2,
    0.75};

const ShapeWorld kMinishapes{
    "minishapes",
    24,
    8,
    24,
    {{"triangle", 0, {{0, 4}, {1, 3}, {2, 2}}, 0, 3, 0, 21},
     {"square", 0, {{0, 2}, {0, 2}, {0, 2}}, 0, 5, 0, 21},
     {"diamond", 0, {{2, 2}, {1, 3}, {0, 4}, {1, 3}, {2, 2}}, 0, 3, 0, 19}},
    4,
    1,
    0.7};

int64_t draw_between(assay::Stream& draws, int64_t first, int64_t last) {
  return first + static_cast<int64_t>(draws.below(static_cast<uint64_t>(last - first + 1)));
}

}  // namespace

const ShapeWorld& shape_world(const std::string& name) {
  if (name == "shapes") return kShapes;
  if (name == "minishapes") return kMinishapes;
  throw std::invalid_argument("there is no set of shapes \"" + name +
                              "\"; there are shapes and minishapes");
}

void paint_shape(const ShapeWorld& world, int64_t kind, int64_t x, int64_t y, uint8_t* image) {
  const ShapeKind& shape = world.kinds.at(static_cast<size_t>(kind));
  const int64_t left = kind * world.column_width;
  int64_t row = y + shape.top;
  for (const auto [from, to] : shape.rows) {
    const int64_t first = std::max<int64_t>(x + from, 0);
    const int64_t last = std::min(x + to, world.column_width - 1);
    if (row >= 0 && row < world.column_height)
      for (int64_t c = first; c <= last; ++c) image[row * world.canvas + left + c] = 255;
    ++row;
  }
}

ShapeDraws draw_shapes(const ShapeWorld& world, int64_t count, double p, assay::Stream& draws) {
  ShapeDraws out;
  const int64_t attempts = (count * 8 + 4) / 5;
  int64_t saved = 0;
  for (int64_t attempt = 0; attempt < attempts && saved < count; ++attempt) {
    int64_t label = 0;
    out.images.resize(static_cast<size_t>((saved + 1) * world.pixels()));
    for (size_t k = 0; k < world.kinds.size(); ++k) {
      if (draws.uniform() > p) continue;
      const ShapeKind& shape = world.kinds[k];
      const int64_t x = draw_between(draws, shape.x_first, shape.x_last);
      const int64_t y = draw_between(draws, shape.y_first, shape.y_last);
      const auto kind = static_cast<int64_t>(k);
      paint_shape(world, kind, x, y, out.images.data() + saved * world.pixels());
      label |= int64_t{1} << k;
      out.image.push_back(saved);
      out.kind.push_back(kind);
      out.x.push_back(x);
      out.y.push_back(y);
    }
    if (label == 0) continue;
    out.label.push_back(label);
    ++saved;
  }
  if (saved < count)
    throw std::invalid_argument("only " + std::to_string(saved) + " of " + std::to_string(count) +
                                " images came to hold a shape in " + std::to_string(attempts) +
                                " attempts; raise p_shape");
  return out;
}

}  // namespace diffusion
