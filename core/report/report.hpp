// What `assay claims | table | plot | report` do, once a plan is made and its runs are found.
#pragma once
#include "core/report/claims.hpp"
#include "core/report/figure.hpp"
#include "core/report/gnuplot.hpp"
#include "core/report/table.hpp"

#include <string>
#include <vector>

namespace assay {

struct ReportOptions {
  bool static_figures = false;  // gnuplot's pictures, even where ECharts is embedded
};

/// reports/<experiment>/, below the runs folder.
fs::path report_folder(const fs::path& runs, const Plan& plan);

/// Writes `folder`/claims.json; returns its path. Equal results give equal bytes.
fs::path write_claims(const ClaimResults& results, const fs::path& folder);

/// The tables of the experiment, or the default ones when it declares none.
std::vector<TableSpec> tables(const Plan& plan);

/// The figures of the experiment in file order, named as figure_names() says. `only`: those of
/// these names ({}: all). Throws BadInput for an unknown name.
std::vector<Figure> figures(const Plan& plan, Frame& frame,
                            const std::vector<std::string>& only = {});

/// CSV, gnuplot script and pictures of the figures; returns the files written.
std::vector<fs::path> write_plots(const Plan& plan, Frame& frame, const fs::path& folder,
                                  const std::vector<std::string>& formats,
                                  const std::vector<std::string>& only = {});

/// Writes report.html, claims.json, figures/*.csv and tables/*.csv into `folder`; returns the path
/// of report.html: one file that opens from file:// without network. Equal plans and runs give
/// equal bytes.
fs::path write_report(const Plan& plan, Frame& frame, const fs::path& folder,
                      const ReportOptions& options = {});

}  // namespace assay
