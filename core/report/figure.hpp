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
  double dx = 0, dy = 0;                 // jitter: how far from (x, y) it is drawn
  bool has_error() const { return std::isfinite(low) && std::isfinite(high); }
};

struct FigureBin {
  double low, high, weight;  // [low, high), the last [low, high]; a count or a share
};

struct FigureBox {
  size_t category;
  double low, q1, median, q3, high;  // whiskers at the last value within 1.5 IQR of the box
  size_t n;
  std::vector<double> outliers;  // beyond the whiskers, from low to high; at most 100
};

struct FigureSeries {
  std::string name;
  size_t colour = 0, symbol = 0;
  size_t slot = 0;                  // of a bar or box: its place among the slots of a category
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
  bool first_on_top = false;             // of the y of a heat map: as in a matrix
  double low = kAbsent, high = kAbsent;  // of all panels, errors and lines included
  bool fixed = false;                    // low and high are asked for: exactly these
};

enum class PlotKind { line, scatter, bar, histogram, box, heatmap, cdf };

struct Figure {
  std::string name, title, caption;
  PlotKind kind = PlotKind::line;
  FigureAxis x, y, z;  // z: the colour of a heat map
  std::vector<FigurePanel> panels;
  size_t slots = 1;                  // bars or boxes side by side in a category
  std::vector<ReferenceLine> lines;  // in every panel
  bool jitter = false;
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

/// Applies log axes, ranges, reference lines and jitter; finds the ends of the axes. Notes say what
/// cannot be shown.
void finish_axes(const PlotSpec& spec, Figure& figure);

/// Names of the series of all panels, by number, each once; without those that have none.
std::vector<const FigureSeries*> legend_of(const Figure& figure);

/// One row a point, bin, box, outlier or cell; columns begin with panel, series. Series are
/// contiguous, and of a box plot first the boxes of a series, then its outliers.
std::string figure_csv(const Figure& figure);

/// Names of the figures of an experiment: those given, others "figure-1", ...; unique.
std::vector<std::string> figure_names(const ReportSpec& spec);

}  // namespace assay
