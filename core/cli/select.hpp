// The run that a user means: "latest", the beginning of an id, or a point of the newest plan.
#pragma once
#include "core/archive/runs_folder.hpp"

#include <map>
#include <string>

namespace assay::cli {

/// The folder of the one run that `name` means: "latest"; at least four hex digits; or
/// "stage:axis=value,axis=value", with as many axes as tell it from
/// others, in the newest plan that has such a point. Throws BadInput that
/// names what there is.
fs::path select_run(const RunsFolder& runs, const std::string& name);

/// Where each planned run belongs, by the first 12 digits of its id: "EXPERIMENT  STAGE:AXES".
std::map<std::string, std::string> labels_of_runs(const RunsFolder& runs);

}  // namespace assay::cli
