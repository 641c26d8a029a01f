// The caption world: small pictures of garments with captions, some of which can be read off text
// painted in the picture rather than seen. It has the five kinds of pairs that T-MARS tells apart
// (Maini et al. 2024, their taxonomy), with the truth known. No LibTorch.
//
// A picture is S by S pixels, RGB: a noisy background of one of five colours, one grey image of the
// source in one of eight tints, and, in pairs of types 3 to 5, two lines of text on a plate at the
// top or the bottom. Its caption is  A <tint> <class> ON <background>.
#pragma once
#include "plugins/common/data/images.hpp"

#include <array>
#include <span>

namespace assay::data {

/// What a pair's caption and its text have to do with what its picture shows.
enum class PairType : uint8_t {
  unrelated = 1,      // another garment than the caption says; no text
  visual = 2,         // what the caption says; no text
  visual_filler = 3,  // what the caption says; text about something else
  visual_text = 4,    // what the caption says, shown and written
  text_only = 5,      // another garment than the caption says, which is written
};

/// A tint, a class and a background, by number.
struct Scene {
  int32_t tint = 0, item = 0, background = 0;
  bool operator==(const Scene&) const = default;
};

/// Pixels [left, right) x [top, bottom); empty: none.
struct PixelBox {
  int32_t left = 0, top = 0, right = 0, bottom = 0;
  bool empty() const { return right <= left || bottom <= top; }
};

/// N pairs.
struct CaptionPairs {
  int64_t count = 0, side = 0;
  std::vector<uint8_t> pixels;         // (N, 3, S, S), 0 .. 255
  std::vector<PairType> types;         // (N,)
  std::vector<Scene> shown, captions;  // (N,) each
  std::vector<PixelBox> text;          // (N,): the plate; empty where there is none
  std::vector<int64_t> sources;        // (N,): the image of the source that is shown

  int64_t picture_size() const { return 3 * side * side; }
};

struct CaptionWorldOptions {
  int64_t side = 40;
  /// Probabilities of the types 1 to 5 (the paper's study of 500 pairs of LAION).
  std::array<double, 5> shares{0.05, 0.45, 0.10, 0.20, 0.20};
  /// Instead of all that: what the caption says is shown, and the text names another tint and
  /// another class; types are then `visual_filler`. Shows whether a model reads or looks.
  bool attack = false;
};

constexpr int32_t kTints = 8, kBackgrounds = 5, kItems = 10;
constexpr int32_t kCaptionTokens = 5;
/// A, ON, tints, classes, backgrounds.
constexpr int32_t kVocabulary = 2 + kTints + kItems + kBackgrounds;

/// The words of a caption, in its order.
std::array<std::string, kCaptionTokens> caption_words(const Scene& said);
/// The same as numbers below kVocabulary.
std::array<int32_t, kCaptionTokens> caption_tokens(const Scene& said);

/// One pair for each of `sources`, images of `source` (28 by 28, grey, ten classes). What a pair is
/// depends on `key` and its source image alone. std::invalid_argument if the source is not of that
/// kind, an index is outside it, or the side is below 40.
CaptionPairs draw_caption_pairs(const ImageSet& source, std::span<const int64_t> sources,
                                const CaptionWorldOptions& options, uint64_t key);

}  // namespace assay::data
