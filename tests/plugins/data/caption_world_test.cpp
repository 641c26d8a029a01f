#include "plugins/common/data/caption_world.hpp"
#include "plugins/common/data/small_font.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <stdexcept>

using namespace assay::data;

namespace {

/// `count` images of 28 by 28 pixels that are all `grey`, labels 0, 1 .. 9, 0 ..
ImageSet plain_images(int64_t count, uint8_t grey) {
  ImageSet set;
  set.count = count, set.channels = 1, set.height = set.width = 28, set.classes = 10;
  set.pixels.assign(static_cast<size_t>(count * 28 * 28), grey);
  for (int64_t i = 0; i < count; ++i) set.labels.push_back(static_cast<int32_t>(i % 10));
  set.source = "made up";
  return set;
}

std::vector<int64_t> first(int64_t n) {
  std::vector<int64_t> index(static_cast<size_t>(n));
  std::iota(index.begin(), index.end(), 0);
  return index;
}

CaptionPairs pairs(int64_t n, uint8_t grey = 0, const CaptionWorldOptions& options = {}) {
  return draw_caption_pairs(plain_images(n, grey), first(n), options, 11);
}

bool has_text(PairType type) { return type >= PairType::visual_filler; }
bool shows_caption(PairType type) {
  return type != PairType::unrelated && type != PairType::text_only;
}

/// Red at column x, row y of a pair.
uint8_t red(const CaptionPairs& p, size_t i, int64_t x, int64_t y) {
  return p.pixels[i * static_cast<size_t>(p.picture_size()) + static_cast<size_t>(y * p.side + x)];
}

}  // namespace

TEST_CASE("types come with their shares (false alarms below 1e-6)") {
  const auto p = pairs(8000);
  const double shares[] = {0.05, 0.45, 0.10, 0.20, 0.20};
  for (int type = 1; type <= 5; ++type) {
    CAPTURE(type);
    const auto n = std::count(p.types.begin(), p.types.end(), static_cast<PairType>(type));
    const double share = shares[type - 1];
    CHECK(std::abs(static_cast<double>(n) - 8000 * share) <
          5.4 * std::sqrt(8000 * share * (1 - share)));  // two sides, five types: 3e-7
  }
}

TEST_CASE("what is shown is what the caption says in types 2 to 4, and differs in all of it else") {
  const auto p = pairs(2000);
  for (size_t i = 0; i < p.types.size(); ++i) {
    CAPTURE(i);
    CHECK(p.shown[i].item == static_cast<int32_t>(i % 10));
    if (shows_caption(p.types[i])) {
      CHECK(p.shown[i] == p.captions[i]);
    } else {
      CHECK(p.shown[i].tint != p.captions[i].tint);
      CHECK(p.shown[i].item != p.captions[i].item);
      CHECK(p.shown[i].background != p.captions[i].background);
    }
  }
}

TEST_CASE("types 3 to 5 have a plate inside the picture, at its top or bottom, others none") {
  const auto p = pairs(2000);
  int64_t at_top = 0, at_bottom = 0;
  for (size_t i = 0; i < p.types.size(); ++i) {
    CAPTURE(i);
    const PixelBox& box = p.text[i];
    CHECK(box.empty() != has_text(p.types[i]));
    if (box.empty()) continue;
    CHECK(box.left >= 0);
    CHECK(box.right <= p.side);
    CHECK(box.bottom - box.top == 13);
    CHECK((box.top == 0 || box.bottom == p.side));
    ++(box.top == 0 ? at_top : at_bottom);
  }
  CHECK(at_top > 0);
  CHECK(at_bottom > 0);
}

TEST_CASE("no ink is outside the plate: a black garment leaves the background and its noise") {
  const auto p = pairs(200);
  const uint8_t base[] = {0, 89, 13, 89, 77};  // red of the five backgrounds, in 255ths
  for (size_t i = 0; i < p.types.size(); ++i)
    for (int64_t y = 0; y < p.side; ++y)
      for (int64_t x = 0; x < p.side; ++x) {
        const PixelBox& b = p.text[i];
        if (x >= b.left && x < b.right && y >= b.top && y < b.bottom) continue;
        CAPTURE(i);
        REQUIRE(std::abs(red(p, i, x, y) - base[p.shown[i].background]) <= 40);  // 3.9 sd
      }
}

TEST_CASE("types 4 and 5 write the caption's tint and class, letter by letter") {
  const auto p = pairs(300);
  for (size_t i = 0; i < p.types.size(); ++i) {
    if (p.types[i] != PairType::visual_text && p.types[i] != PairType::text_only) continue;
    CAPTURE(i);
    const auto words = caption_words(p.captions[i]);
    const PixelBox& box = p.text[i];
    const bool white = red(p, i, box.left, box.top) < 128;  // on a dark plate
    const int32_t width = std::max(word_width(words[1]), word_width(words[2]));
    CHECK(box.right - box.left == width + 2);
    for (int line = 0; line < 2; ++line) {
      const std::string& word = words[static_cast<size_t>(1 + line)];
      const int32_t left = box.left + 1 + (width - word_width(word)) / 2;
      for (int32_t y = 0; y < kLetterHeight; ++y)
        for (int32_t x = 0; x < word_width(word); ++x) {
          const bool ink =
              x % kLetterAdvance < kLetterWidth &&
              letter_ink(word[static_cast<size_t>(x / kLetterAdvance)], x % kLetterAdvance, y);
          REQUIRE((red(p, i, left + x, box.top + 1 + line * kLineAdvance + y) ==
                   (white ? 255 : 0)) == ink);
        }
    }
  }
}

TEST_CASE("a plate hides at most two rows of the garment") {
  const auto p = pairs(500, 255);
  for (size_t i = 0; i < p.types.size(); ++i) {
    if (!has_text(p.types[i])) continue;
    CAPTURE(i);
    // A full garment is an opaque square of one colour: count its rows below or above the plate.
    const PixelBox& b = p.text[i];
    const int64_t inner = b.top == 0 ? b.bottom : b.top - 1, step = b.top == 0 ? 1 : -1;
    int64_t rows = 0;
    for (int64_t y = inner; y >= 0 && y < p.side; y += step) {
      int64_t longest = 0, run = 0;
      for (int64_t x = 1; x < p.side; ++x) {
        bool same = true;
        for (int64_t c = 0; c < 3; ++c) {
          const auto* row = p.pixels.data() + i * static_cast<size_t>(p.picture_size()) +
                            static_cast<size_t>((c * p.side + y) * p.side);
          same = same && row[x] == row[x - 1];
        }
        longest = std::max(longest, run = same ? run + 1 : 0);
      }
      rows += longest >= 27;
    }
    CHECK(rows >= 26);
  }
}

TEST_CASE("a pair depends on the key and its image alone") {
  const auto images = plain_images(20, 128);
  const std::vector<int64_t> some{3, 9, 17}, one{9};
  const auto all = draw_caption_pairs(images, some, {}, 5),
             alone = draw_caption_pairs(images, one, {}, 5),
             keyed = draw_caption_pairs(images, one, {}, 6);
  const auto size = alone.picture_size();
  CHECK(std::equal(alone.pixels.begin(), alone.pixels.end(), all.pixels.begin() + size));
  CHECK(alone.captions[0] == all.captions[1]);
  CHECK(alone.pixels != keyed.pixels);
}

TEST_CASE("an attack writes a tint and a class that are not shown") {
  CaptionWorldOptions attack;
  attack.attack = true;
  const auto p = pairs(300, 0, attack);
  for (size_t i = 0; i < p.types.size(); ++i) {
    CAPTURE(i);
    CHECK(p.shown[i] == p.captions[i]);
    CHECK_FALSE(p.text[i].empty());
  }
}

TEST_CASE("each of the 400 captions has tokens of its own, in the order of its words") {
  std::set<std::array<int32_t, kCaptionTokens>> seen;
  for (int32_t t = 0; t < kTints; ++t)
    for (int32_t c = 0; c < kItems; ++c)
      for (int32_t b = 0; b < kBackgrounds; ++b) {
        const auto tokens = caption_tokens({t, c, b});
        for (const auto token : tokens) CHECK((token >= 0 && token < kVocabulary));
        seen.insert(tokens);
      }
  CHECK(seen.size() == 400);
  CHECK(caption_words({1, 9, 2}) == std::array<std::string, 5>{"A", "RED", "BOOT", "ON", "NAVY"});
}

TEST_CASE("images that are not 28 by 28, or are not there, are refused") {
  auto small = plain_images(4, 0);
  small.height = 14, small.width = 56;
  const std::vector<int64_t> one{0}, beyond{4};
  CHECK_THROWS_WITH_AS(draw_caption_pairs(small, one, {}, 1),
                       "made up: the caption world is made of grey images of 28 by 28 pixels in at "
                       "most 10 classes",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(draw_caption_pairs(plain_images(4, 0), beyond, {}, 1),
                       "made up: there is no image 4 among 4", std::invalid_argument);
}

TEST_CASE("the 26 letters differ, and anything else is blank") {
  std::set<std::string> shapes;
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    std::string shape;
    for (int32_t y = 0; y < kLetterHeight; ++y)
      for (int32_t x = 0; x < kLetterWidth; ++x) shape += letter_ink(letter, x, y) ? '#' : '.';
    shapes.insert(shape);
  }
  CHECK(shapes.size() == 26);
  CHECK_FALSE(letter_ink(' ', 1, 2));
  CHECK(word_width("CYAN") == 15);
  CHECK(word_width("") == 0);
}
