#include "plugins/common/data/caption_world.hpp"
#include "plugins/common/data/small_font.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace assay::data {
namespace {

using Colour = std::array<float, 3>;  // red, green, blue in 0 .. 1

constexpr int64_t kImage = 28;   // side of a source image
constexpr int32_t kOverlap = 2;  // rows of it that the plate may hide
constexpr float kNoise = 0.04f;  // standard deviation of the background
constexpr int32_t kPlateHeight = 2 * kLineAdvance + 1;

struct Named {
  const char* word;
  Colour colour;
};
constexpr Named kTint[kTints] = {{"WHITE", {1.0f, 1.0f, 1.0f}},   {"RED", {1.0f, 0.15f, 0.15f}},
                                 {"GREEN", {0.2f, 0.9f, 0.2f}},   {"BLUE", {0.25f, 0.4f, 1.0f}},
                                 {"YELLOW", {1.0f, 0.95f, 0.2f}}, {"PURPLE", {0.7f, 0.25f, 0.9f}},
                                 {"ORANGE", {1.0f, 0.55f, 0.1f}}, {"CYAN", {0.2f, 0.9f, 0.95f}}};
constexpr Named kBackground[kBackgrounds] = {{"BLACK", {0.0f, 0.0f, 0.0f}},
                                             {"GREY", {0.35f, 0.35f, 0.35f}},
                                             {"NAVY", {0.05f, 0.05f, 0.35f}},
                                             {"BROWN", {0.35f, 0.2f, 0.1f}},
                                             {"OLIVE", {0.3f, 0.32f, 0.05f}}};
constexpr const char* kItem[kItems] = {"TSHIRT", "PANTS", "PULLOVER", "DRESS", "COAT",
                                       "SANDAL", "SHIRT", "SNEAKER",  "BAG",   "BOOT"};
constexpr const char* kFiller[] = {"SALE", "NEW",   "HOT",   "DEAL",  "FREE",  "BEST",
                                   "MEGA", "TODAY", "STOCK", "PROMO", "OFFER", "SHOP"};
constexpr int32_t kFillers = std::size(kFiller);

int32_t any(Stream& draw, int32_t n) {
  return static_cast<int32_t>(draw.below(static_cast<uint64_t>(n)));
}

/// Any of 0 .. n-1 but `not_this`.
int32_t other(Stream& draw, int32_t n, int32_t not_this) {
  const int32_t x = any(draw, n - 1);
  return x + (x >= not_this);
}

PairType draw_type(Stream& draw, const std::array<double, 5>& shares) {
  double total = 0, below = 0;
  for (const double share : shares) total += share;
  const double u = draw.uniform() * total;
  int type = 1;
  while (type < 5 && u >= (below += shares[static_cast<size_t>(type) - 1])) ++type;
  return static_cast<PairType>(type);
}

/// The two lines that are painted; empty: none.
std::array<std::string, 2> draw_text(Stream& draw, PairType type, const Scene& said, bool attack) {
  if (attack)
    return {kTint[other(draw, kTints, said.tint)].word, kItem[other(draw, kItems, said.item)]};
  if (type == PairType::visual_text || type == PairType::text_only)
    return {kTint[said.tint].word, kItem[said.item]};
  if (type != PairType::visual_filler) return {};
  const int32_t filler = any(draw, kFillers);
  if (any(draw, 2)) return {kTint[other(draw, kTints, said.tint)].word, kFiller[filler]};
  return {kFiller[other(draw, kFillers, filler)], kFiller[filler]};
}

/// 4096 equally likely standard normal numbers: the quantiles in the middle of equal parts. Noise
/// that is rounded to bytes needs no finer ones.
const std::vector<float>& normal_quantiles() {
  static const std::vector<float> table = [] {
    constexpr int kParts = 4096;
    std::vector<float> q(kParts);
    for (int i = 0; i < kParts; ++i) {
      const double p = (i + 0.5) / kParts;
      double low = -5, high = 5;
      for (int step = 0; step < 60; ++step) {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::sqrt(2.0)) / 2 < p ? low : high) = middle;
      }
      q[static_cast<size_t>(i)] = static_cast<float>(low);
    }
    return q;
  }();
  return table;
}

/// One picture in the making, (3, S, S).
class Canvas {
 public:
  explicit Canvas(int64_t side) : side_(side), planes_(static_cast<size_t>(3 * side * side)) {}

  void fill_with_noise(const Colour& colour, const Philox& draw) {
    const auto& quantile = normal_quantiles();
    const size_t plane = planes_.size() / 3;
    for (size_t i = 0; i < planes_.size(); i += 8) {
      const auto words = draw.words(i / 8, 1);
      for (size_t k = 0; k < 8 && i + k < planes_.size(); ++k)  // 12 of each 16 bits
        planes_[i + k] =
            colour[(i + k) / plane] + kNoise * quantile[(words[k / 2] >> (16 * (k % 2))) & 4095U];
    }
  }

  /// Lays a grey image over what is there: opaque from a third of full brightness on.
  void paste(const uint8_t* image, int64_t left, int64_t top, const Colour& tint) {
    for (int64_t y = 0; y < kImage; ++y)
      for (int64_t x = 0; x < kImage; ++x) {
        const float grey = static_cast<float>(image[y * kImage + x]) / 255;
        const float alpha = std::min(1.0f, 3 * grey);
        for (int64_t c = 0; c < 3; ++c) {
          float& p = at(c, top + y, left + x);
          p += alpha * (tint[static_cast<size_t>(c)] * grey - p);
        }
      }
  }

  void fill(const PixelBox& box, float grey) {
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = box.top; y < box.bottom; ++y)
        for (int64_t x = box.left; x < box.right; ++x) at(c, y, x) = grey;
  }

  void write(const std::string& word, int64_t left, int64_t top, float grey) {
    for (size_t i = 0; i < word.size(); ++i)
      for (int32_t y = 0; y < kLetterHeight; ++y)
        for (int32_t x = 0; x < kLetterWidth; ++x)
          if (letter_ink(word[i], x, y))
            for (int64_t c = 0; c < 3; ++c)
              at(c, top + y, left + static_cast<int64_t>(i) * kLetterAdvance + x) = grey;
  }

  void to_bytes(uint8_t* out) const {
    for (const float v : planes_)
      *out++ = static_cast<uint8_t>(std::clamp(std::floor(v * 255 + 0.5f), 0.0f, 255.0f));
  }

 private:
  float& at(int64_t c, int64_t y, int64_t x) {
    return planes_[static_cast<size_t>((c * side_ + y) * side_ + x)];
  }
  int64_t side_;
  std::vector<float> planes_;
};

/// Paints both lines, centred on a plate at the top or the bottom, in white on dark or black on
/// light. Returns the plate.
PixelBox paint_text(Canvas& canvas, Stream& draw, const std::array<std::string, 2>& lines,
                    bool at_top, int64_t side) {
  const int32_t s = static_cast<int32_t>(side);
  const int32_t width = std::max(word_width(lines[0]), word_width(lines[1]));
  const int32_t left = any(draw, s - (width + 2) + 1);
  const int32_t top = at_top ? 0 : s - kPlateHeight;
  const PixelBox plate{left, top, left + width + 2, top + kPlateHeight};
  const bool dark = any(draw, 2);
  const auto shade = static_cast<float>(draw.uniform());
  canvas.fill(plate, dark ? 0.25f * shade : 1 - 0.25f * shade);
  for (int32_t i = 0; i < 2; ++i) {
    const std::string& line = lines[static_cast<size_t>(i)];
    canvas.write(line, left + 1 + (width - word_width(line)) / 2, top + 1 + i * kLineAdvance,
                 dark ? 1.0f : 0.0f);
  }
  return plate;
}

void check_source(const ImageSet& source, std::span<const int64_t> sources,
                  const CaptionWorldOptions& options) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(source.source + ": " + why);
  };
  if (!source.has_pixels() || source.channels != 1 || source.height != kImage ||
      source.width != kImage || source.classes > kItems)
    refuse("the caption world is made of grey images of 28 by 28 pixels in at most 10 classes");
  for (const int64_t i : sources)
    if (i < 0 || i >= source.count)
      refuse("there is no image " + std::to_string(i) + " among " + std::to_string(source.count));
  if (options.side < 40)
    throw std::invalid_argument("a picture of the caption world has at least 40 pixels a side");
}

/// Draws pair `at` of `pairs`, whose sources are given.
void draw_pair(CaptionPairs& pairs, size_t at, const ImageSet& source,
               const CaptionWorldOptions& options, uint64_t key) {
  const auto image = pairs.sources[at];
  const auto words = Philox(key).words(static_cast<uint64_t>(image));
  const uint64_t own = (uint64_t{words[0]} << 32) | words[1];
  Stream draw(own);

  // Choose what is shown, said and written.
  const PairType type = options.attack ? PairType::visual_filler : draw_type(draw, options.shares);
  const Scene shown{any(draw, kTints), source.labels[static_cast<size_t>(image)],
                    any(draw, kBackgrounds)};
  Scene said = shown;
  if (type == PairType::unrelated || type == PairType::text_only)
    said = {other(draw, kTints, shown.tint), other(draw, kItems, shown.item),
            other(draw, kBackgrounds, shown.background)};
  const auto lines = draw_text(draw, type, said, options.attack);

  // Place the garment where the plate leaves room.
  const auto spare = static_cast<int32_t>(pairs.side - kImage);
  const int32_t hidden = kPlateHeight - kOverlap;
  const bool has_text = !lines[0].empty(), at_top = has_text && any(draw, 2);
  const int32_t room = has_text ? spare - hidden : spare;
  const int32_t top = any(draw, room + 1) + (at_top ? hidden : 0), left = any(draw, spare + 1);

  // Paint.
  Canvas canvas(pairs.side);
  canvas.fill_with_noise(kBackground[shown.background].colour, Philox(own));
  Colour tint = kTint[shown.tint].colour;
  const float brightness = 0.75f + 0.25f * static_cast<float>(draw.uniform());
  for (float& c : tint) c *= brightness;
  canvas.paste(source.pixels.data() + image * kImage * kImage, left, top, tint);
  if (has_text) pairs.text[at] = paint_text(canvas, draw, lines, at_top, pairs.side);
  canvas.to_bytes(pairs.pixels.data() + static_cast<int64_t>(at) * pairs.picture_size());
  pairs.types[at] = type, pairs.shown[at] = shown, pairs.captions[at] = said;
}

}  // namespace

std::array<std::string, kCaptionTokens> caption_words(const Scene& said) {
  return {"A", kTint[said.tint].word, kItem[said.item], "ON", kBackground[said.background].word};
}

std::array<int32_t, kCaptionTokens> caption_tokens(const Scene& said) {
  return {0, 2 + said.tint, 2 + kTints + said.item, 1, 2 + kTints + kItems + said.background};
}

CaptionPairs draw_caption_pairs(const ImageSet& source, std::span<const int64_t> sources,
                                const CaptionWorldOptions& options, uint64_t key) {
  check_source(source, sources, options);
  const size_t n = sources.size();
  CaptionPairs pairs;
  pairs.count = static_cast<int64_t>(n), pairs.side = options.side;
  pairs.pixels.resize(n * static_cast<size_t>(pairs.picture_size()));
  pairs.types.resize(n), pairs.shown.resize(n), pairs.captions.resize(n), pairs.text.resize(n);
  pairs.sources.assign(sources.begin(), sources.end());
  for (size_t i = 0; i < n; ++i) draw_pair(pairs, i, source, options, key);
  return pairs;
}

}  // namespace assay::data
