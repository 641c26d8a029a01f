#include "core/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace assay {
namespace {

/// Length of the valid UTF-8 sequence that begins `s`, or 0 (RFC 3629: no surrogates, no overlong).
size_t sequence(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char a = byte(0);
  if (a < 0x80) return 1;
  const size_t n = a >= 0xF0 ? 4 : a >= 0xE0 ? 3 : 2;
  if (a < 0xC2 || a > 0xF4 || s.size() < n) return 0;
  for (size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned char b = byte(1);
  if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) ||
      (a == 0xF4 && b > 0x8F))
    return 0;
  return n;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0 || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.starts_with("ms")) {
      total += value / 1000;
      text.remove_prefix(2);
    } else if (!text.empty() && std::string_view("smhd").find(text[0]) != std::string_view::npos) {
      total += value * (text[0] == 's' ? 1 : text[0] == 'm' ? 60 : text[0] == 'h' ? 3600 : 86400);
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
  return total;
}

std::optional<int64_t> parse_size(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0 || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  int power = 0;
  if (!text.empty()) {
    const size_t p = std::string_view("KMGT").find(text[0]);
    if (p == std::string_view::npos || text.size() > 1) return std::nullopt;
    power = static_cast<int>(p) + 1;
  }
  value = std::ldexp(value, 10 * power);
  if (value >= 0x1p62) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::string show_duration(double s) {
  if (s < 9.95) return fmt::format("{:.1f} s", s);
  const auto n = static_cast<int64_t>(std::llround(s));
  if (n < 60) return fmt::format("{} s", n);
  if (n < 3600) return fmt::format("{} min {:02} s", n / 60, n % 60);
  return fmt::format("{} h {:02} min", n / 3600, n % 3600 / 60);
}

std::string show_size(double bytes) {
  static constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) bytes /= 1024, ++unit;
  return fmt::format("{:.{}f} {}", bytes, unit ? 1 : 0, kUnits[unit]);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t n = sequence(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t n = sequence(text);
    const auto c = static_cast<unsigned char>(text[0]);
    const bool c1 = n == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (n == 0 || c1 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F)
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(0, n);
    text.remove_prefix(n ? n : 1);
  }
  return out;
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name[0] < 'a' || name[0] > 'z') return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  return true;
}

}  // namespace assay
