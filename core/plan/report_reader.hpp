// Reads [[claim]], [[table]], [[plot]], [[images]] and [[text]].
#pragma once
#include "core/plan/report_check.hpp"

namespace assay {

/// Reads and checks the report of an experiment whose stages are planned. Adds the names of the
/// stages it refers to to `used`.
ReportSpec read_report(const Node& document, const Stages& stages, const Plan& plan,
                       bool only_some_stages, std::set<std::string>& used, Findings& findings);

}  // namespace assay
