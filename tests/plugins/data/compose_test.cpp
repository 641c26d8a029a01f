#include "plugins/common/data/compose.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

using namespace assay::data;

namespace {

/// n images of (channels, 2, 2), pixel p of image i is 10 i + p, labels 0, 1, 0, 1 ...
ImageSet images(int64_t n, int64_t channels = 1) {
  ImageSet set;
  set.source = "test";
  set.count = n;
  set.channels = channels;
  set.height = set.width = 2;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t p = 0; p < set.example_size(); ++p)
      set.pixels.push_back(static_cast<uint8_t>(10 * i + p));
    set.labels.push_back(static_cast<int32_t>(i % 2));
  }
  set.classes = 2;
  return set;
}

}  // namespace

TEST_CASE("a union keeps both sets' examples, and numbers classes and groups on") {
  auto first = images(3), second = images(2);
  first.groups = {0, 4, 0};
  second.groups = {1, 0};
  second.class_names = {"cat", "dog"};
  unite(first, second);
  CHECK(first.count == 5);
  CHECK(first.classes == 4);
  CHECK(first.labels == std::vector<int32_t>{0, 1, 0, 2, 3});
  CHECK(first.groups == std::vector<int32_t>{0, 4, 0, 6, 5});
  CHECK(first.class_names == std::vector<std::string>{"0", "1", "cat", "dog"});
  CHECK(std::equal(second.pixels.begin(), second.pixels.end(), first.pixels.begin() + 12));
}

TEST_CASE("true labels that one set has are the labels of the other") {
  auto first = images(2), second = images(2);
  second.true_labels = {1, 1};
  second.noisy = {1, 0};
  unite(first, second);
  CHECK(first.true_labels == std::vector<int32_t>{0, 1, 3, 3});
  CHECK(first.noisy == std::vector<uint8_t>{0, 0, 1, 0});
}

TEST_CASE("a square is painted on the images named and on no other, in all channels") {
  auto set = images(2, 3);
  const auto before = set.pixels;
  const std::vector<int64_t> second{1};
  paint_square(set, second, 1, 1);
  for (size_t p = 0; p < set.pixels.size(); ++p) {
    CAPTURE(p);
    CHECK(set.pixels[p] == (p >= 12 && p % 4 == 3 ? 255 : before[p]));
  }
  CHECK_THROWS_AS(paint_square(set, second, 2, 1), std::invalid_argument);
}

TEST_CASE("grey is the luma of the three channels") {
  auto set = images(1, 3);
  set.pixels = {255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30};  // red, green, blue, (10, 20, 30)
  turn_grey(set, std::vector<int64_t>{0});
  const std::vector<uint8_t> luma{76, 150, 29, 18};
  for (size_t p = 0; p < 12; ++p) CHECK(set.pixels[p] == luma[p % 4]);
}

TEST_CASE("a choice has the rounded share, whatever the members' order, and depends on the key") {
  std::vector<int64_t> members(200);
  std::iota(members.begin(), members.end(), 1000);
  const auto chosen = choose(members, 0.05, 1);
  CHECK(chosen.size() == 10);
  std::reverse(members.begin(), members.end());
  CHECK(choose(members, 0.05, 1) == chosen);
  CHECK(choose(members, 0.05, 2) != chosen);
  CHECK(choose(members, 1, 1).size() == 200);
}

TEST_CASE("features and texts cannot be painted on") {
  auto features = images(2, 3);
  features.features.assign(features.pixels.begin(), features.pixels.end());
  features.pixels.clear();
  const std::vector<int64_t> all{0, 1};
  CHECK_THROWS_WITH_AS(paint_square(features, all, 1, 0),
                       "test holds no images on which anything can be painted",
                       std::invalid_argument);
  CHECK_THROWS_AS(turn_grey(features, all), std::invalid_argument);
}
