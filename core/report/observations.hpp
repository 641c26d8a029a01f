// What a plot is made of: one observation a run, a step or a row, with its place in the figure.
#pragma once
#include "core/report/frame.hpp"

#include <string>
#include <vector>

namespace assay {

/// A coordinate: a number, or a text that will be a category.
struct Coordinate {
  double number = 0;
  std::string text;  // "": a number
  std::string show() const;
  bool operator<(const Coordinate& other) const;
  bool operator==(const Coordinate& other) const = default;
};

struct Observation {
  size_t facet, series, marker;  // indices of their names
  size_t point;                  // of the values of all axes but those that are averaged
  size_t row;                    // of the plan's run and its averaged axes
  Coordinate x, y;
  double z;
};

struct Observations {
  std::vector<Observation> all;
  std::vector<std::string> facets, series, markers;  // in the order to draw them
  std::vector<std::string> rows;                     // "seed = 1"
  bool scalars = true;                               // none is a row of a column
  std::vector<std::string> notes;                    // what had to be left out
};

/// `value` replaces y for histogram, box and cdf.
Observations observe(const PlotSpec& spec, Frame& frame);

/// "loss (nats)": the short name and the unit that the method declares.
std::string describe_value(const ValueText& text, const PlotSpec& spec, Frame& frame);

}  // namespace assay
