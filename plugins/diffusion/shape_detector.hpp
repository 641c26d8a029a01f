// Which shapes an image holds, and so whether the data set could hold the image: the rule by which
// images of shapes are called hallucinated. No LibTorch.
//
// Pixels of at least 128 are white. In each column, groups of white pixels that touch (also at
// corners) are components; each is the kind of shape whose template, moved by a few pixels, has
// the highest intersection over union with it, or malformed if that is too low.
//
// Deviation: the paper counts repeated shapes and does not say how; all of this is ours.
#pragma once
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/shapes.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

/// A component, as the column it lies in and the kind that it is; -1: malformed.
struct FoundShape {
  int64_t column, kind, pixels;
  double iou;  // with that kind's template; of a malformed one, the best
};

struct ShapeVerdict {
  bool duplicate = false;     // a column has two shapes, or the image two of a kind: the paper's
  bool wrong_column = false;  // a shape is not its column's own
  bool malformed = false;     // a component is no shape
  bool empty = false;         // there is no component
  bool hallucinated() const { return duplicate || wrong_column || malformed || empty; }
};

/// The components of one image (canvas, canvas), bytes; column by column, from the top.
std::vector<FoundShape> find_shapes(const ShapeWorld& world, const uint8_t* image);

ShapeVerdict judge_shapes(const std::vector<FoundShape>& found);

/// Of each of n images (n, 1, canvas, canvas) in [-1, 1] of the set "shapes" or "minishapes".
/// std::invalid_argument on another set, or if the images are of another shape.
std::vector<ShapeVerdict> shape_verdicts(const Data& images);

/// Images in [-1, 1] as bytes: round((x + 1) 127.5), what lies outside cut off, NaN black.
std::vector<uint8_t> as_bytes(std::span<const float> images);

}  // namespace diffusion
