#include "plugins/common/data/mask_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace assay::data;

namespace {

/// A picture of 4 rows and 5 columns; channel c at (x, y) is 10 y + x + 50 c.
std::vector<uint8_t> ramp() {
  std::vector<uint8_t> p;
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 5; ++x) p.push_back(static_cast<uint8_t>(10 * y + x + 50 * c));
  return p;
}

uint8_t at(const std::vector<uint8_t>& p, int c, int x, int y) {
  return p[static_cast<size_t>(c * 20 + y * 5 + x)];
}

std::vector<uint8_t> masked(const std::vector<PixelBox>& boxes, int32_t ring) {
  auto p = ramp();
  mask_text(p.data(), 4, 5, boxes, ring);
  return p;
}

}  // namespace

TEST_CASE("a box takes the mean of the ring around it, and nothing else changes") {
  // Box (1, 1), ring 1: the mean of 0 1 2 10 12 20 21 22 is 11; that of (0, 0) is of 1 10 11: 7.33.
  auto p = masked({{1, 1, 2, 2}}, 1);
  CHECK(at(p, 0, 1, 1) == 11);
  CHECK(at(p, 2, 1, 1) == 111);
  p[6] = 11, p[26] = 61, p[46] = 111;
  auto expected = ramp();
  expected[6] = 11, expected[26] = 61, expected[46] = 111;
  CHECK(p == expected);
  CHECK(at(masked({{0, 0, 1, 1}}, 1), 0, 0, 0) == 7);
}

TEST_CASE("means are rounded to the nearest byte, halves up") {
  // Columns 0 to 3 of row 0, ring 1: 4 10 11 12 13 14 have the mean 64 / 6 = 10.67.
  CHECK(at(masked({{0, 0, 4, 1}}, 1), 0, 2, 0) == 11);
  // Between 0 and 1, in one row of three.
  std::vector<uint8_t> p{0, 200, 1, 0, 200, 1, 0, 200, 1};
  const std::vector<PixelBox> middle{{1, 0, 2, 1}};
  mask_text(p.data(), 1, 3, middle, 1);
  CHECK(p[1] == 1);
}

TEST_CASE("pixels of another box are not looked at") {
  // Boxes (1, 1) and (2, 1): around the first, without 12: 0 1 2 10 20 21 22: 76 / 7 = 10.86.
  const auto p = masked({{1, 1, 2, 2}, {2, 1, 3, 2}}, 1);
  CHECK(at(p, 0, 1, 1) == 11);
  // Around the second, without 11: 1 2 3 13 21 22 23: 85 / 7 = 12.14.
  CHECK(at(p, 0, 2, 1) == 12);
}

TEST_CASE("without a free neighbour the free pixels of the picture are averaged, else the box") {
  // Ring 0 has no pixels: the mean of all but 11 is (330 - 11) / 19 = 16.8.
  CHECK(at(masked({{1, 1, 2, 2}}, 0), 0, 1, 1) == 17);
  // All is covered: the mean of the whole picture is 330 / 20 = 16.5.
  const auto p = masked({{-3, -3, 9, 9}}, 2);
  CHECK(std::all_of(p.begin(), p.begin() + 20, [](uint8_t v) { return v == 17; }));
}

TEST_CASE("boxes that are empty or outside the picture change nothing") {
  CHECK(masked({{2, 2, 2, 4}, {7, 0, 9, 2}, {}}, 2) == ramp());
}
