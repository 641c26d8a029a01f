#include "core/base/text.hpp"
#include "core/plan/plot_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

class PlotKeys {
 public:
  PlotKeys(const Fields& fields, PlotSpec& plot, Findings& findings)
      : f_(fields), p_(plot), findings_(findings) {}

  void read() {
    p_.xscale = scale("xscale");
    p_.yscale = scale("yscale");
    p_.xlabel = f_.text("xlabel"), p_.ylabel = f_.text("ylabel");
    p_.bins = static_cast<int>(f_.whole("bins", 0, 1, 10000));
    p_.normalize = f_.choice("normalize", {"share"}, "");
    p_.xrange = range("xrange", p_.xscale, {"line", "scatter", "histogram", "cdf"});
    p_.yrange = range("yrange", p_.yscale, {"line", "scatter", "bar", "histogram", "box"});
    p_.zrange = range("zrange", "", {"heatmap"});
    if (const auto jitter = f_.number("jitter"); jitter && only_for("jitter", {"scatter"})) {
      if (*jitter > 0 && std::isfinite(*jitter))
        p_.jitter = *jitter;
      else
        f_.mismatch("jitter", "a number above 0");
    }
    for (const Node* node : f_.tables("lines")) line(*node);
  }

 private:
  std::string scale(const std::string& key) {
    const std::string got = f_.choice(key, {"linear", "log"}, "");
    return got == "linear" ? "" : got;
  }

  /// True when the plot is of one of these kinds, or of none that is known.
  bool only_for(const std::string& key, const std::vector<std::string>& kinds) {
    if (p_.kind.empty() || std::find(kinds.begin(), kinds.end(), p_.kind) != kinds.end())
      return true;
    findings_.error("E022", fmt::format("{}: a {} has no \"{}\"", f_.what(), p_.kind, key),
                    f_.place(key), fmt::format("\"{}\" is for {}", key, join(kinds, ", ")));
    return false;
  }

  std::vector<double> range(const std::string& key, const std::string& scale,
                            const std::vector<std::string>& kinds) {
    const Node* node = f_.node(key);
    if (!node || !only_for(key, kinds)) return {};
    std::vector<double> out;
    for (const auto& item : node->items)
      if (item.is(Node::Kind::kInteger) || item.is(Node::Kind::kReal))
        out.push_back(item.is(Node::Kind::kReal) ? item.real : static_cast<double>(item.integer));
    const bool good = node->is_array() && node->items.size() == 2 && out.size() == 2 &&
                      out[0] < out[1] && std::isfinite(out[1] - out[0]);
    if (good && (scale != "log" || out[0] > 0)) return out;
    f_.mismatch(key, scale == "log" ? "two numbers [LOW, HIGH], 0 < LOW < HIGH on a log scale"
                                    : "two numbers [LOW, HIGH], LOW < HIGH");
    return {};
  }

  void line(const Node& node) {
    const Fields f(node, "a line of " + f_.what(), findings_);
    f.only({"x", "y", "label"});
    if (f.has("x") == f.has("y")) {
      findings_.error("E023", f.what() + " needs either \"x\" or \"y\"", f.header());
      return;
    }
    ReferenceLine out;
    out.axis = f.has("x") ? "x" : "y";
    out.label = f.text("label");
    const bool fits = out.axis == "x"
                          ? line_fits(f, {"line", "scatter", "histogram", "cdf"})
                          : line_fits(f, {"line", "scatter", "bar", "histogram", "box", "cdf"});
    const auto at = f.number(out.axis);
    if (!fits || !at) return;
    if (!std::isfinite(*at)) return f.mismatch(out.axis, "a finite number");
    out.at = *at;
    p_.lines.push_back(std::move(out));
  }

  bool line_fits(const Fields& line, const std::vector<std::string>& kinds) {
    if (p_.kind.empty() || std::find(kinds.begin(), kinds.end(), p_.kind) != kinds.end())
      return true;
    const std::string axis = line.has("x") ? "x" : "y";
    findings_.error(
        "E022", fmt::format("{}: the {} axis of a {} has no numbers", line.what(), axis, p_.kind),
        line.place(axis));
    return false;
  }

  const Fields& f_;
  PlotSpec& p_;
  Findings& findings_;
};

}  // namespace

void read_plot_keys(const Fields& fields, PlotSpec& plot, Findings& findings) {
  PlotKeys(fields, plot, findings).read();
}

}  // namespace assay
