// The report as one HTML page. Every text that comes from a plan or an archive passes through
// escape_html or json_for_html; pictures are data URIs.
#pragma once
#include "core/report/report.hpp"

#include <string>
#include <vector>

namespace assay {

/// `figures`: of plan.report's plots, in order.
std::string report_html(const Plan& plan, Frame& frame, const ClaimResults& claims,
                        const std::vector<Figure>& figures, const ReportOptions& options);

/// Text in paragraphs, which empty lines part.
std::string paragraphs(const std::string& text);

/// The parts of the page.
std::string claims_section(const ClaimResults& claims);
std::string warnings_section(const Plan& plan, Frame& frame, const ClaimResults& claims);
std::string results_section(const Plan& plan, Frame& frame, const std::vector<Figure>& figures,
                            bool interactive);
std::string pipeline_section(const Plan& plan, const Frame& frame);
std::string runs_section(const Plan& plan, Frame& frame);
std::string reproduce_section(const Plan& plan, Frame& frame);

}  // namespace assay
