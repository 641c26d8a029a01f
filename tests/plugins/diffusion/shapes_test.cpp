// The renderer of shapes: every position, pixel by pixel, and the drawing of whole sets.
#include "plugins/diffusion/shapes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace diffusion;

namespace {
using Image = std::vector<uint8_t>;

Image painted(const ShapeWorld& world, int64_t kind, int64_t x, int64_t y) {
  Image image(static_cast<size_t>(world.pixels()));
  paint_shape(world, kind, x, y, image.data());
  return image;
}

int64_t white(const Image& image) { return std::count(image.begin(), image.end(), 255); }

/// Rows `first` .. of an image as text from column `left` on, # white.
std::vector<std::string> picture(const ShapeWorld& world, const Image& image, int64_t first,
                                 int64_t rows, int64_t left, int64_t columns) {
  std::vector<std::string> out;
  for (int64_t y = first; y < first + rows; ++y) {
    out.emplace_back();
    for (int64_t x = left; x < left + columns; ++x)
      out.back() += image[static_cast<size_t>(y * world.canvas + x)] ? '#' : '.';
  }
  return out;
}

/// Calls `check(kind, x, y, image)` for every shape at every position.
template <class Check>
void everywhere(const ShapeWorld& world, Check&& check) {
  for (size_t k = 0; k < world.kinds.size(); ++k)
    for (int64_t y = world.kinds[k].y_first; y <= world.kinds[k].y_last; ++y)
      for (int64_t x = world.kinds[k].x_first; x <= world.kinds[k].x_last; ++x) {
        const auto kind = static_cast<int64_t>(k);
        check(kind, x, y, painted(world, kind, x, y));
      }
}
}  // namespace

TEST_CASE("the triangle, the square and the pentagon are the published ones, row by row") {
  const ShapeWorld& world = shape_world("shapes");
  CHECK(picture(world, painted(world, 0, 2, 7), 6, 12, 1, 14) ==
        std::vector<std::string>{"..............", ".############.", "..##########..",
                                 "..##########..", "...########...", "...#######....",
                                 "....######....", "....#####.....", ".....###......",
                                 ".....###......", "......#.......", ".............."});
  CHECK(picture(world, painted(world, 1, 3, 1), 0, 10, 21 + 2, 10) ==
        std::vector<std::string>{"..........", ".########.", ".########.", ".########.",
                                 ".########.", ".########.", ".########.", ".########.",
                                 ".########.", ".........."});
  CHECK(picture(world, painted(world, 2, 6, 9), 3, 12, 42, 13) ==
        std::vector<std::string>{".............", ".......#.....", "....#####....", ".#########...",
                                 ".#########...", ".##########..", ".###########.", ".##########..",
                                 ".#########...", "....#####....", ".......#.....",
                                 "............."});
}

TEST_CASE("every shape has its pixels at every position, but for the two that are cut off") {
  int64_t positions = 0;
  everywhere(shape_world("shapes"), [&](int64_t kind, int64_t x, int64_t y, const Image& image) {
    CAPTURE(kind);
    CAPTURE(x);
    CAPTURE(y);
    const int64_t full = std::vector<int64_t>{65, 64, 70}.at(static_cast<size_t>(kind));
    const bool cut = (kind == 0 && x == 10) || (kind == 2 && x == 16);
    CHECK(white(image) == full - cut);
    ++positions;
  });
  CHECK(positions == 583 + 343 + 648);
}

TEST_CASE("no position of a minishape is cut off") {
  int64_t positions = 0;
  everywhere(shape_world("minishapes"), [&](int64_t kind, int64_t, int64_t, const Image& image) {
    CHECK(white(image) == (kind == 2 ? 13 : 9));
    ++positions;
  });
  CHECK(positions == 88 + 132 + 80);
}

TEST_CASE("a shape stays in its column, and the last row and column of 64 stay black") {
  for (const char* name : {"shapes", "minishapes"}) {
    const ShapeWorld& world = shape_world(name);
    int64_t outside = 0;
    everywhere(world, [&](int64_t kind, int64_t, int64_t, const Image& image) {
      for (int64_t i = 0; i < world.pixels(); ++i)
        if (image[static_cast<size_t>(i)])
          outside += i / world.canvas >= world.column_height ||
                     i % world.canvas / world.column_width != kind;
    });
    CHECK(outside == 0);
  }
}

TEST_CASE("the set of 64 x 64 images that can be drawn has 130,381,503 members") {
  int64_t members = 1;
  for (const ShapeKind& kind : shape_world("shapes").kinds) members *= kind.positions() + 1;
  CHECK(members - 1 == 130'381'503);
}

TEST_CASE("5000 images are drawn, none of them black, and painting them again gives them") {
  const ShapeWorld& world = shape_world("shapes");
  assay::Stream draws(1);
  const ShapeDraws set = draw_shapes(world, 5000, 0.5, draws);
  REQUIRE(set.label.size() == 5000);
  REQUIRE(set.images.size() == static_cast<size_t>(5000 * world.pixels()));
  CHECK(*std::min_element(set.label.begin(), set.label.end()) >= 1);
  Image again(set.images.size());
  std::vector<int64_t> label(5000);
  for (size_t i = 0; i < set.image.size(); ++i) {
    paint_shape(world, set.kind[i], set.x[i], set.y[i],
                again.data() + set.image[i] * world.pixels());
    label[static_cast<size_t>(set.image[i])] += int64_t{1} << set.kind[i];
  }
  CHECK(again == set.images);
  CHECK(label == set.label);
}

TEST_CASE("each combination of shapes is as frequent as discarding black images makes it") {
  // Each of 7 combinations has the share 1/7 of what is kept. Of 4000 images a count has standard
  // deviation 22.1; 6 of them are passed with probability below 2e-9.
  assay::Stream draws(2);
  const ShapeDraws set = draw_shapes(shape_world("minishapes"), 4000, 0.5, draws);
  for (int64_t label = 1; label <= 7; ++label) {
    CAPTURE(label);
    const auto count = std::count(set.label.begin(), set.label.end(), label);
    CHECK(std::abs(static_cast<double>(count) - 4000.0 / 7) < 6 * 22.1);
  }
}

TEST_CASE("every position is drawn") {
  // 40,000 images place each kind about 22,857 times on at most 132 positions: a position is missed
  // with probability below 132 exp(-173).
  const ShapeWorld& world = shape_world("minishapes");
  assay::Stream draws(3);
  const ShapeDraws set = draw_shapes(world, 40'000, 0.5, draws);
  std::vector<std::vector<int64_t>> places;
  for (size_t i = 0; i < set.kind.size(); ++i) places.push_back({set.kind[i], set.x[i], set.y[i]});
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  CHECK(places.size() == 88 + 132 + 80);
}

TEST_CASE("drawing gives up after 8 attempts for every 5 images") {
  assay::Stream draws(4);
  CHECK_THROWS_WITH_AS(draw_shapes(shape_world("minishapes"), 100, 0.01, draws),
                       doctest::Contains("of 100 images came to hold a shape in 160 attempts"),
                       std::invalid_argument);
  CHECK(draws.position() >= 160 * 3);
}
