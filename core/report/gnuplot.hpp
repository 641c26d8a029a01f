// A figure through gnuplot: SVG, PNG or PDF, with the script and the CSV beside the picture so that
// anyone can restyle it without us.
#pragma once
#include "core/base/files.hpp"
#include "core/report/figure.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay {

/// Draws `csv_name` (figure_csv of the same figure, in the same folder) to NAME.FORMAT, FORMAT
/// being svg unless `gnuplot -e "format='pdf'"` says png or pdf.
std::string gnuplot_script(const Figure& figure, const std::string& csv_name);

bool have_gnuplot();

/// Writes NAME.csv, NAME.gp and, for each of `formats` (svg, png, pdf), NAME.FORMAT; returns what
/// it wrote, pictures last. Throws BadInput for another format and when gnuplot is missing (the CSV
/// and the script are written all the same), Failure when gnuplot fails.
std::vector<fs::path> write_figure(const Figure& figure, const fs::path& folder,
                                   const std::vector<std::string>& formats);

}  // namespace assay
