#include "core/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace assay {

std::string ecmascript(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
  if (x == 0) return "0";
  // "d.dddde[+-]xx" with the fewest digits that round-trip.
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(x), std::chars_format::scientific)
          .ptr;
  const std::string text(buffer, end);
  const size_t e = text.find('e');
  std::string digits = text.substr(0, 1);
  if (e > 2) digits += text.substr(2, e - 2);
  const int k = static_cast<int>(digits.size()), n = std::atoi(text.c_str() + e + 1) + 1;
  std::string out;
  if (k <= n && n <= 21) {
    out = digits + std::string(static_cast<size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out = digits.substr(0, n) + "." + digits.substr(n);
  } else if (-6 < n && n <= 0) {
    out = "0." + std::string(static_cast<size_t>(-n), '0') + digits;
  } else {
    out = digits.substr(0, 1) + (k > 1 ? "." + digits.substr(1) : "") + "e" +
          (n - 1 < 0 ? "-" : "+") + std::to_string(std::abs(n - 1));
  }
  return x < 0 ? "-" + out : out;
}

std::string brief(double x, int digits) {
  if (!std::isfinite(x)) return ecmascript(x);
  if (x == 0) return "0";
  const double size = std::fabs(x);
  if (size < 1e-4 || size >= 1e7) return fmt::format("{:.{}g}", x, digits);
  const int decimals = std::max(0, digits - 1 - static_cast<int>(std::floor(std::log10(size))));
  std::string out = fmt::format("{:.{}f}", x, decimals);
  if (decimals > 0) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out;
}

}  // namespace assay
