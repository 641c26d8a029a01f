// The simple-shapes data set: white shapes on black, one column a kind, each kind at most once
// (Aithal et al. 2024; every row of pixels is the published generator's), and a small set of the
// same make for experiments on two cores. No LibTorch.
#pragma once
#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// White pixels `from` .. `to` of one row, relative to where the shape is placed, both inclusive.
struct Span {
  int64_t from, to;
};

/// One kind of shape: what it paints when it is placed at (x, y), x relative to its column.
struct ShapeKind {
  std::string name;
  int64_t top;                               // the first row, relative to y
  std::vector<Span> rows;                    // from there on down
  int64_t x_first, x_last, y_first, y_last;  // where it may be placed, inclusive

  int64_t positions() const { return (x_last - x_first + 1) * (y_last - y_first + 1); }
};

/// A canvas, its columns, and the rules by which shapes on it are recognised.
struct ShapeWorld {
  std::string name;
  int64_t canvas;                       // height and width
  int64_t column_width, column_height;  // column c spans x from c * column_width; both from 0
  std::vector<ShapeKind> kinds;         // one a column, in its order
  int64_t least_component;              // pixels; smaller specks are overlooked
  int64_t shift;                        // of a template, in both directions
  double least_iou;                     // for a component to be one of the kinds

  int64_t pixels() const { return canvas * canvas; }
};

/// "shapes": 64 x 64, columns of 21 x 63 with a triangle, a square and a pentagon of about 65 px.
/// "minishapes": 24 x 24, columns of 8 x 24 with a triangle, a square and a diamond of 9 to 13 px.
/// std::invalid_argument on another name.
const ShapeWorld& shape_world(const std::string& name);

/// Paints shape `kind` white onto an image (canvas, canvas); what leaves its column is cut off.
void paint_shape(const ShapeWorld& world, int64_t kind, int64_t x, int64_t y, uint8_t* image);

struct ShapeDraws {
  std::vector<uint8_t> images;  // (count, canvas, canvas), 0 or 255
  std::vector<int64_t> label;   // (count,): the sum of 2^k over the kinds k that are there
  std::vector<int64_t> image, kind, x, y;  // a row for each shape that was painted
};

/// `count` images in which each kind is there independently with probability `p`, at a uniformly
/// drawn position. An image without any is discarded, and drawing ends after 8 attempts for every 5
/// images wanted: std::invalid_argument if they do not suffice.
ShapeDraws draw_shapes(const ShapeWorld& world, int64_t count, double p, assay::Stream& draws);

}  // namespace diffusion
