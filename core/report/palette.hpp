// One look for every figure: Okabe and Ito's colours, which colour-blind readers can tell apart,
// in an order that also separates in grey, each with its own symbol.
#pragma once
#include <array>
#include <cstddef>

namespace assay {

inline constexpr std::array kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                     "#e69f00", "#56b4e9", "#444444", "#b8a300"};
inline const char* colour(size_t i) { return kColours[i % kColours.size()]; }

/// Of a heat map, from little to much: a single hue, light to dark.
inline constexpr std::array kHeat{"#e4eff9", "#c6dbef", "#94c4df", "#4a98c9", "#1764ab", "#08306b"};

/// Of a heat map of values of both signs: blue, white at 0, red (ColorBrewer's RdBu).
inline constexpr std::array kDiverging{"#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7",
                                       "#fddbc7", "#f4a582", "#d6604d", "#b2182b"};

}  // namespace assay
