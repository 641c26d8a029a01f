// How a [[plot]] is drawn: scales, ranges, labels, lines, jitter.
#pragma once
#include "core/plan/fields.hpp"
#include "core/plan/report_spec.hpp"

namespace assay {

/// Reads these keys of a plot whose kind is known into `plot`; a key that its kind cannot use is an
/// error.
void read_plot_keys(const Fields& fields, PlotSpec& plot, Findings& findings);

}  // namespace assay
