// A figure as CSV: what its renderers draw, and gnuplot reads.
#include "core/base/number.hpp"
#include "core/report/escape.hpp"
#include "core/report/figure.hpp"
#include "core/report/text_grid.hpp"

namespace assay {

std::string figure_csv(const Figure& f) {
  std::string out;
  const auto x_text = [&](double x) {
    const auto i = static_cast<size_t>(x);
    return f.x.categories.empty()      ? ecmascript(x)
           : i < f.x.categories.size() ? f.x.categories[i]
                                       : "";
  };
  const auto number = [](double v) { return std::isfinite(v) ? ecmascript(v) : std::string(); };
  const auto put = [&](const std::vector<std::string>& fields) {
    for (size_t i = 0; i < fields.size(); ++i)
      out += (i ? "," : "") + escape_csv(one_line(fields[i]));
    out += "\n";
  };
  const bool points = f.kind == PlotKind::line || f.kind == PlotKind::scatter ||
                      f.kind == PlotKind::bar || f.kind == PlotKind::cdf;
  std::vector<std::string> head{"panel", "series", "x", "y", "low", "high", "n"};
  if (f.jitter) head.insert(head.end(), {"dx", "dy"});
  if (points) put(head);
  if (f.kind == PlotKind::histogram) put({"panel", "series", "low", "high", "weight"});
  if (f.kind == PlotKind::box)
    put({"panel", "series", "x", "low", "q1", "median", "q3", "high", "n", "outlier"});
  if (f.kind == PlotKind::heatmap) put({"panel", "x", "y", "value", "n"});
  for (const auto& panel : f.panels) {
    for (const auto& s : panel.series) {
      for (const auto& p : s.points) {
        std::vector<std::string> row{panel.title,   s.name,         x_text(p.x),        number(p.y),
                                     number(p.low), number(p.high), std::to_string(p.n)};
        if (f.jitter) row.insert(row.end(), {ecmascript(p.dx), ecmascript(p.dy)});
        put(row);
      }
      for (const auto& b : s.bins)
        put({panel.title, s.name, number(b.low), number(b.high), number(b.weight)});
      for (const auto& b : s.boxes)
        put({panel.title, s.name, x_text(static_cast<double>(b.category)), number(b.low),
             number(b.q1), number(b.median), number(b.q3), number(b.high), std::to_string(b.n),
             ""});
      for (const auto& b : s.boxes)
        for (const double v : b.outliers)
          put({panel.title, s.name, x_text(static_cast<double>(b.category)), "", "", "", "", "", "",
               number(v)});
    }
    for (const auto& c : panel.cells)
      put({panel.title, f.x.categories[c.x], f.y.categories[c.y], number(c.value),
           std::to_string(c.n)});
  }
  return out;
}

}  // namespace assay
