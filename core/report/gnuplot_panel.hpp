// What gnuplot plots in each panel of a figure, from the rows of the figure's CSV.
#pragma once
#include "core/report/figure.hpp"

#include <string>
#include <vector>

namespace assay {

/// Counts rows as figure_csv writes them: ask for the panels in their order, each once.
class GnuplotPanels {
 public:
  /// `csv`: its name in quotes. `width` of a panel, pixels.
  GnuplotPanels(const Figure& figure, std::string csv, double width)
      : f_(figure), csv_(std::move(csv)), width_(width) {}

  /// Elements of one `plot` command; those of a single panel hold the legend.
  std::vector<std::string> plots(size_t panel);
  /// Elements that show nothing but the legend.
  std::vector<std::string> legend_plots() const;
  /// Series that the legend names.
  std::vector<const FigureSeries*> legend() const;

 private:
  std::string rows(size_t n);
  std::string cells(const FigurePanel& panel);
  void series(const FigureSeries& s);
  void points(const FigureSeries& s, const std::string& rows);
  void bars(const FigureSeries& s, const std::string& rows);
  void boxes(const FigureSeries& s);
  std::string style(const FigureSeries& s) const;
  double slot_width() const;
  std::string place(const std::vector<size_t>& categories, const FigureSeries& s) const;

  const Figure& f_;
  std::string csv_;
  double width_;
  size_t row_ = 0;
  std::vector<std::string> plots_;
};

}  // namespace assay
