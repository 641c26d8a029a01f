#include "core/report/heat_scale.hpp"
#include "core/report/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace assay {
namespace {

using Rgb = std::array<double, 3>;  // 0 to 255

Rgb rgb(const std::string& hex) {
  const auto part = [&](size_t i) {
    return static_cast<double>(std::stoi(hex.substr(i, 2), nullptr, 16));
  };
  return {part(1), part(3), part(5)};
}

/// The colour at t in [0, 1] of evenly spaced `stops`.
Rgb mix(std::span<const char* const> stops, double t) {
  const double at = std::clamp(t, 0.0, 1.0) * static_cast<double>(stops.size() - 1);
  const auto i = std::min(static_cast<size_t>(at), stops.size() - 2);
  const Rgb a = rgb(stops[i]), b = rgb(stops[i + 1]);
  Rgb out{};
  for (size_t c = 0; c < 3; ++c) out[c] = a[c] + (at - static_cast<double>(i)) * (b[c] - a[c]);
  return out;
}

/// WCAG 2's relative luminance: 0 black, 1 white.
double luminance(const Rgb& colour) {
  const auto linear = [](double c) {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2]);
}

/// White on this colour has more contrast than the dark ink #222222 has.
bool wants_white(const Rgb& colour) {
  const double l = luminance(colour) + 0.05;
  return 1.05 / l > l / (luminance(rgb("#222222")) + 0.05);
}

/// Enough decimals to tell the values apart; whole numbers have none.
int decimals_of(const Figure& f, double low, double high) {
  bool whole = true;
  for (const auto& panel : f.panels)
    for (const auto& c : panel.cells)
      whole = whole && (!std::isfinite(c.value) || c.value == std::floor(c.value));
  if (whole) return 0;
  const double size = std::max(std::abs(low), std::abs(high));
  const int least = size <= 1 ? 2 : size < 1000 ? 1 : 0;
  return std::max(least, high > low ? static_cast<int>(std::ceil(1 - std::log10(high - low))) : 0);
}

}  // namespace

bool HeatScale::labelled(size_t panels) const {
  const size_t widest = panels == 1 ? 14 : panels == 2 ? 7 : 5;
  return decimals <= 4 && columns <= widest && rows <= 24 && rows * columns <= 220;
}

HeatScale heat_scale(const Figure& f) {
  HeatScale s;
  s.rows = f.y.categories.size();
  s.columns = f.x.categories.size();
  s.square = s.rows > 1 && f.x.categories == f.y.categories;
  s.log = f.z.log;
  if (std::isfinite(f.z.low)) s.low = f.z.low, s.high = f.z.high;
  s.decimals = decimals_of(f, s.low, s.high);
  const bool diverging = s.low < 0 && s.high > 0 && !s.log;
  double reach = std::max(std::abs(s.low), std::abs(s.high));
  if (!f.z.fixed && !s.log && s.high > s.low) {  // to two digits, outwards
    if (diverging) s.low = -reach, s.high = reach;
    const double step = std::pow(10, std::floor(std::log10(s.high - s.low)) - 1);
    s.low = step * std::floor(s.low / step + 1e-9);
    s.high = step * std::ceil(s.high / step - 1e-9);
    reach = std::max(-s.low, s.high);
  }
  if (s.low == s.high) s.low -= 0.5, s.high += 0.5;

  constexpr size_t kSteps = 41;
  s.white_below = -std::numeric_limits<double>::infinity();
  s.white_above = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < kSteps; ++i) {
    const double t = static_cast<double>(i) / (kSteps - 1);
    const double value = s.log ? s.low * std::pow(s.high / s.low, t) : s.low + t * (s.high - s.low);
    const Rgb c = diverging ? mix(kDiverging, 0.5 + value / (2 * reach)) : mix(kHeat, t);
    s.colours.push_back(fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(std::lround(c[0])),
                                    static_cast<int>(std::lround(c[1])),
                                    static_cast<int>(std::lround(c[2]))));
    if (!wants_white(c)) continue;
    if (diverging && value < 0)
      s.white_below = value;
    else
      s.white_above = std::min(s.white_above, value);
  }
  return s;
}

}  // namespace assay
