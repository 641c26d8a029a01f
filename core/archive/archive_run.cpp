// What an archive says of its run: state, series, checkpoints.
#include "core/archive/archive.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace assay {
namespace {

std::string root_text(const Archive& archive, const std::string& name) {
  const Json all = archive.attributes();
  const auto it = all.find(name);
  if (it == all.end() || !it->is_string())
    throw BadInput(
        "E302", "this HDF5 file is not the archive of a run: it has no attribute \"" + name + "\"");
  return it->get<std::string>();
}

/// The argument of "mean(5)" or "step=30".
int64_t argument(const std::string& selector, size_t from, size_t to) {
  int64_t n = 0;
  const char* end = selector.data() + to;
  const auto [stop, error] = std::from_chars(selector.data() + from, end, n);
  if (error != std::errc() || stop != end || from == to)
    throw BadInput("E303", "the selector \"@" + selector + "\" has no whole number in it");
  return n;
}

double extreme(const std::vector<double>& v, bool least) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const double x : v)
    if (!std::isnan(x) && (std::isnan(best) || (least ? x < best : x > best))) best = x;
  return best;
}

double mean_of_last(const std::vector<double>& v, int64_t n) {
  if (n < 1) throw BadInput("E303", "the selector \"@mean(n)\" needs n >= 1");
  const size_t m = std::min(v.size(), static_cast<size_t>(n));
  double sum = 0;
  for (size_t i = v.size() - m; i < v.size(); ++i) sum += v[i];
  return sum / static_cast<double>(m);
}

}  // namespace

std::string Archive::state() const { return root_text(*this, "state"); }
std::string Archive::outcome() const { return root_text(*this, "outcome"); }
std::string Archive::output_digest() const { return root_text(*this, "output_digest"); }

std::optional<double> Archive::metric(const std::string& name, const std::string& selector,
                                      bool lower_is_better) const {
  const std::string path = "metrics/" + name;
  if (!has(path + "/value")) return std::nullopt;
  const std::vector<double> value = read(path + "/value").numbers();
  if (value.empty()) return std::nullopt;
  if (selector == "last") return value.back();
  if (selector == "best") return extreme(value, lower_is_better);
  if (selector == "min") return extreme(value, true);
  if (selector == "max") return extreme(value, false);
  if (selector.starts_with("mean(") && selector.ends_with(")"))
    return mean_of_last(value, argument(selector, 5, selector.size() - 1));
  if (selector.starts_with("step=")) {
    const auto wanted = static_cast<double>(argument(selector, 5, selector.size()));
    const std::vector<double> step = read(path + "/step").numbers();
    for (size_t i = value.size(); i-- > 0;)
      if (step.at(i) == wanted) return value[i];
    return std::nullopt;
  }
  throw BadInput("E303", "unknown selector \"@" + selector + "\"",
                 "one of @last, @best, @min, @max, @mean(n), @step=N");
}

std::vector<int64_t> Archive::checkpoint_steps(const std::string& name) const {
  std::vector<int64_t> steps;
  for (const std::string& child : children("checkpoints/" + name)) {
    int64_t step = 0;
    const char* end = child.data() + child.size();
    const auto [stop, error] = std::from_chars(child.data(), end, step);
    if (error == std::errc() && stop == end) steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

}  // namespace assay
