#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/report/aggregate.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace assay {

bool valid_comparison(const std::string& op) {
  return op == "<" || op == "<=" || op == ">" || op == ">=" || op == "==" || op == "!=";
}

bool compare(double a, const std::string& op, double b) {
  if (std::isnan(a) || std::isnan(b)) return false;
  const bool equal = a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
  if (op == "<") return a < b && !equal;
  if (op == "<=") return a < b || equal;
  if (op == ">") return a > b && !equal;
  if (op == ">=") return a > b || equal;
  if (op == "==") return equal;
  return !equal;
}

bool Aggregate::pools() const {
  return name == "share" || name == "median" || name == "min" || name == "max" || name == "n";
}

namespace {
size_t hits(const Aggregate& a, Numbers x) {
  return static_cast<size_t>(
      std::count_if(x.begin(), x.end(), [&](double v) { return compare(v, a.op, a.bound); }));
}
}  // namespace

double Aggregate::of(Numbers x) const {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (name == "n") return static_cast<double>(x.size());
  if (x.empty()) return kNaN;
  if (name == "mean") return mean(x);
  if (name == "median") return median(x);
  if (name == "min") return *std::min_element(x.begin(), x.end());
  if (name == "max") return *std::max_element(x.begin(), x.end());
  if (name == "sd") return sd(x);
  if (name == "sem") return sem(x);
  if (name == "share") return static_cast<double>(hits(*this, x)) / static_cast<double>(x.size());
  const auto interval = student_interval(x);  // ci95
  return interval ? (interval->high - interval->low) / 2 : kNaN;
}

std::optional<Interval> Aggregate::interval(Numbers x, double level) const {
  if (x.empty()) return std::nullopt;
  if (name == "mean") return student_interval(x, level);
  if (name == "median") return median_interval(x, level);
  if (name == "share") return wilson_interval(hits(*this, x), x.size(), level);
  return std::nullopt;
}

Aggregate parse_aggregate(const std::string& text) {
  static const std::vector<std::string> kNames{"mean", "median", "min",  "max",
                                               "sd",   "sem",    "ci95", "n"};
  if (std::find(kNames.begin(), kNames.end(), text) != kNames.end()) return {text, "", 0};
  if (text.starts_with("share(") && text.ends_with(")")) {
    std::string inner = text.substr(6, text.size() - 7);
    inner.erase(std::remove(inner.begin(), inner.end(), ' '), inner.end());
    const size_t digits = inner.find_first_not_of("<>=!");
    Aggregate a{"share", inner.substr(0, std::min(digits, inner.size())), 0};
    if (digits != std::string::npos && valid_comparison(a.op)) {
      const char* end = inner.data() + inner.size();
      const auto [at, error] = std::from_chars(inner.data() + digits, end, a.bound);
      if (error == std::errc() && at == end) return a;
    }
    throw BadInput("E180", "\"" + text + "\" is no share",
                   "write share(>= 4), with < <= > >= == !=");
  }
  throw BadInput("E180", "no aggregate \"" + text + "\"",
                 did_you_mean(text, kNames) +
                     " one of: mean, median, min, max, sd, sem, ci95, n, share(>= 4)");
}

}  // namespace assay
