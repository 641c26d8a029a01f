// Figures of distributions: histograms, boxes, cumulative shares, heat maps.
#pragma once
#include "core/report/figure.hpp"
#include "core/report/observations.hpp"

namespace assay {

/// Where a coordinate stands on an axis: its number, or the index of its category.
class Categories {
 public:
  explicit Categories(const std::vector<std::string>& names);
  double place(const Coordinate& c) const;

 private:
  std::map<std::string, double> index_;
};

/// The categories of x: empty when all x are numbers and `always` is false. Texts and an axis's
/// values stand as they appear, numbers of a column sorted.
std::vector<std::string> categories_of(const Observations& o, const ValueText& x, bool always);

void add_histogram(const PlotSpec& spec, const Observations& o, Figure& figure);
void add_boxes(const PlotSpec& spec, const Observations& o, Figure& figure);
void add_cdf(const Observations& o, Figure& figure);
void add_heatmap(const PlotSpec& spec, const Observations& o, Figure& figure);

}  // namespace assay
