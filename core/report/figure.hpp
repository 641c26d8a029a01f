// A figure as data: what a [[plot]] asks for, computed, before anyone draws it. echarts.hpp and
// gnuplot.hpp draw the same Figure; figure_csv writes it.
#pragma once
#include "core/report/frame.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace assay {

inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

struct FigurePoint {
  double x = kAbsent, y = kAbsent;       // x of a category axis: its index
  double low = kAbsent, high = kAbsent;  // of the error, about y
  size_t n = 1;                          // runs or rows that it stands for
  bool has_error() const { return std::isfinite(low) && std::isfinite(high); }
};

struct FigureBin {
  double low, high, weight;  // [low, high), the last [low, high]; a count or a share
};

struct FigureBox {
  size_t category;
  double low, q1, median, q3, high;  // whiskers at the last value within 1.5 IQR of the box
  size_t n;
  std::vector<double> outliers;  // at most 100
};

struct FigureSeries {
  std::string name;
  size_t colour = 0, symbol = 0;
  std::vector<FigurePoint> points;  // line scatter bar cdf
  std::vector<FigureBin> bins;      // histogram
  std::vector<FigureBox> boxes;     // box
};

struct FigureCell {  // of a heat map
  size_t x, y;
  double value;
  size_t n;
};

struct FigurePanel {
  std::string title;  // of its facet
  std::vector<FigureSeries> series;
  std::vector<FigureCell> cells;  // every (x, y), x fastest; absent: NaN
};

struct FigureAxis {
  std::string name;
  bool log = false;
  std::vector<std::string> categories;   // empty: numbers
  double low = kAbsent, high = kAbsent;  // of all panels, errors included
};

enum class PlotKind { line, scatter, bar, histogram, box, heatmap, cdf };

struct Figure {
  std::string name, title, caption;
  PlotKind kind = PlotKind::line;
  FigureAxis x, y, z;  // z: the colour of a heat map
  std::vector<FigurePanel> panels;
  bool bands = false;              // errors are drawn as bands, not as bars
  std::vector<std::string> notes;  // "mean and 95 % interval over seed", "3 points <= 0 not shown"
  bool empty() const;
  size_t points() const;  // of all series
};

/// x, y, z, value, series, marker and facet are axes of the stage, metrics, columns, arrays or
/// expressions. x may be "step" (of a series y) or "" or "index" (of an array or column y).
///   line, bar    points with equal series and x: each run reduced to its mean, then `agg` and
///                `error` over runs. Lines whose runs do not share their x are drawn one a run.
///   scatter      scalars: one point per combination of the other axes; columns: one a row
///   histogram, cdf, box   rows of all runs pooled, by series
///   heatmap      z by x and y; without z: how many rows fall into each cell
/// Throws BadInput: a forgotten axis, an unknown kind, columns of different lengths.
Figure make_figure(const PlotSpec& spec, Frame& frame);

/// One row a point, bin, box or cell; columns begin with panel, series. Series are contiguous.
std::string figure_csv(const Figure& figure);

/// Names of the figures of an experiment: those given, others "figure-1", ...; unique.
std::vector<std::string> figure_names(const ReportSpec& spec);

}  // namespace assay
