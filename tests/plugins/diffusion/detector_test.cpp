// The detector of shapes: what was painted is what it finds, and each planted fault is named.
#include "plugins/diffusion/shape_detector.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

using namespace diffusion;

namespace {
using Image = std::vector<uint8_t>;

Image black(const ShapeWorld& world) { return Image(static_cast<size_t>(world.pixels())); }

/// Paints shape `kind` as if column `column` were its own.
void plant(const ShapeWorld& world, int64_t kind, int64_t column, int64_t x, int64_t y,
           Image& image) {
  Image own = black(world);
  paint_shape(world, kind, x, y, own.data());
  const int64_t shift = (column - kind) * world.column_width;
  for (int64_t i = 0; i < world.pixels(); ++i)
    if (own[static_cast<size_t>(i)]) image[static_cast<size_t>(i + shift)] = 255;
}

ShapeVerdict judged(const ShapeWorld& world, const Image& image) {
  return judge_shapes(find_shapes(world, image.data()));
}

/// duplicate, wrong_column, malformed, empty
std::vector<bool> faults(const ShapeVerdict& v) {
  return {v.duplicate, v.wrong_column, v.malformed, v.empty};
}
const std::vector<bool> kNone{false, false, false, false};
}  // namespace

TEST_CASE("every shape at every position is found to be itself, alone, in its column") {
  for (const char* name : {"shapes", "minishapes"}) {
    const ShapeWorld& world = shape_world(name);
    for (size_t k = 0; k < world.kinds.size(); ++k)
      for (int64_t y = world.kinds[k].y_first; y <= world.kinds[k].y_last; ++y)
        for (int64_t x = world.kinds[k].x_first; x <= world.kinds[k].x_last; ++x) {
          CAPTURE(k);
          CAPTURE(x);
          CAPTURE(y);
          Image image = black(world);
          paint_shape(world, static_cast<int64_t>(k), x, y, image.data());
          const auto found = find_shapes(world, image.data());
          REQUIRE(found.size() == 1);
          CHECK(found[0].kind == static_cast<int64_t>(k));
          CHECK(found[0].column == static_cast<int64_t>(k));
          CHECK(found[0].iou == 1);
          CHECK(!judge_shapes(found).hallucinated());
        }
  }
}

TEST_CASE("no image that can be drawn is called hallucinated") {
  for (const char* name : {"shapes", "minishapes"}) {
    const ShapeWorld& world = shape_world(name);
    assay::Stream draws(1);
    const auto set = draw_shapes(world, 2000, 0.5, draws);
    std::vector<float> x(set.images.size());
    std::transform(set.images.begin(), set.images.end(), x.begin(),
                   [](uint8_t v) { return static_cast<float>(v) / 127.5f - 1; });
    Data data{std::move(x), {1, world.canvas, world.canvas}, {}, {}, 1, name};
    const auto verdicts = shape_verdicts(data);
    CHECK(verdicts.size() == 2000);
    CHECK(std::none_of(verdicts.begin(), verdicts.end(),
                       [](const ShapeVerdict& v) { return v.hallucinated(); }));
  }
}

TEST_CASE("a second shape in a column is a duplicate, and nothing else") {
  const ShapeWorld& world = shape_world("shapes");
  Image image = black(world);
  paint_shape(world, 1, 2, 3, image.data());
  paint_shape(world, 1, 5, 30, image.data());
  paint_shape(world, 2, 9, 20, image.data());
  CHECK(faults(judged(world, image)) == std::vector<bool>{true, false, false, false});
}

TEST_CASE("a shape in another column is there wrongly, and a duplicate if the image has it twice") {
  for (const char* name : {"shapes", "minishapes"}) {
    const ShapeWorld& world = shape_world(name);
    Image image = black(world);
    plant(world, 0, 2, 3, 5, image);
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, true, false, false});
    plant(world, 0, 0, 3, 5, image);
    CHECK(faults(judged(world, image)) == std::vector<bool>{true, true, false, false});
  }
}

TEST_CASE("two kinds in one column are a duplicate even if no kind occurs twice") {
  const ShapeWorld& world = shape_world("minishapes");
  Image image = black(world);
  plant(world, 1, 1, 0, 0, image);
  plant(world, 2, 1, 2, 12, image);
  CHECK(faults(judged(world, image)) == std::vector<bool>{true, true, false, false});
}

TEST_CASE("half a shape is malformed, and is not counted as a shape") {
  const ShapeWorld& world = shape_world("shapes");
  for (int64_t kind = 0; kind < 3; ++kind) {
    CAPTURE(kind);
    Image image = black(world);
    paint_shape(world, kind, 6, 20, image.data());
    const int64_t top = 20 + world.kinds[static_cast<size_t>(kind)].top;
    for (int64_t i = (top + 5) * world.canvas; i < world.pixels(); ++i)
      image[static_cast<size_t>(i)] = 0;
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, true, false});
    paint_shape(world, kind, 6, 45, image.data());  // and a whole one beside it
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, true, false});
  }
}

TEST_CASE("two shapes that have grown together are one malformed component") {
  const ShapeWorld& world = shape_world("shapes");
  Image image = black(world);
  paint_shape(world, 1, 1, 10, image.data());
  paint_shape(world, 1, 7, 17, image.data());  // overlaps the first in a row of two pixels
  const auto found = find_shapes(world, image.data());
  REQUIRE(found.size() == 1);
  CHECK(found[0].pixels == 64 + 64 - 2);
  CHECK(faults(judge_shapes(found)) == std::vector<bool>{false, false, true, false});
}

TEST_CASE("shapes that touch at a corner alone are one component") {
  const ShapeWorld& world = shape_world("minishapes");
  Image image = black(world);
  paint_shape(world, 1, 0, 0, image.data());
  paint_shape(world, 1, 3, 3, image.data());
  CHECK(find_shapes(world, image.data()).size() == 1);
}

TEST_CASE("specks are overlooked, and an image of specks alone is empty") {
  for (const char* name : {"shapes", "minishapes"}) {
    const ShapeWorld& world = shape_world(name);
    Image image = black(world);
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, false, true});
    for (int64_t i = 0; i < world.least_component - 1; ++i) image[static_cast<size_t>(i)] = 255;
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, false, true});
    image[static_cast<size_t>(world.least_component - 1)] = 255;
    CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, true, false});
  }
}

TEST_CASE("what lies in the black frame of 64 x 64 does not count") {
  const ShapeWorld& world = shape_world("shapes");
  Image image = black(world);
  for (int64_t i = 0; i < 64; ++i)
    image[static_cast<size_t>(63 * 64 + i)] = image[static_cast<size_t>(64 * i + 63)] = 255;
  CHECK(faults(judged(world, image)) == std::vector<bool>{false, false, false, true});
}

TEST_CASE("a square with a pixel too few or too many is still a square") {
  const ShapeWorld& world = shape_world("minishapes");
  Image image = black(world);
  paint_shape(world, 1, 2, 5, image.data());
  image[5 * 24 + 8 + 2] = 0;  // a corner: IoU 8/9
  CHECK(faults(judged(world, image)) == kNone);
  CHECK(find_shapes(world, image.data())[0].iou == doctest::Approx(8.0 / 9));
  image[5 * 24 + 8 + 2] = 255;
  image[4 * 24 + 8 + 2] = 255;  // above the corner: the template moves down by one, IoU 9/10
  CHECK(faults(judged(world, image)) == kNone);
  CHECK(find_shapes(world, image.data())[0].iou == doctest::Approx(9.0 / 10));
}

TEST_CASE("pixels become the nearest bytes, and white begins at 0 on the scale of the model") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(as_bytes(std::vector<float>{-1, 1, 0, -0.01f, -7, 7, nan}) ==
        Image{0, 255, 128, 126, 0, 255, 0});
}

TEST_CASE("images of another shape or set are refused, however many pixels they have") {
  const auto images = [](std::vector<int64_t> shape, const char* set) {
    Data data;
    data.x.resize(64 * 64 * 3);
    data.shape = std::move(shape);
    data.set = set;
    return data;
  };
  CHECK(shape_verdicts(images({1, 64, 64}, "shapes")).size() == 3);
  for (const auto& shape : std::vector<std::vector<int64_t>>{{1, 28, 28}, {3, 64, 64}, {4096}})
    CHECK_THROWS_WITH_AS(shape_verdicts(images(shape, "shapes")), doctest::Contains("1 x 64 x 64"),
                         std::invalid_argument);
  CHECK_THROWS_WITH_AS(shape_verdicts(images({1, 24, 24}, "gaussian9")),
                       "there is no set of shapes \"gaussian9\"; there are shapes and minishapes",
                       std::invalid_argument);
}
