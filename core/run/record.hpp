// What the host knows of a run and stores with its results.
#pragma once
#include "core/archive/archive.hpp"
#include "core/plan/plan.hpp"
#include "core/run/order.hpp"
#include "core/run/scheduler.hpp"

#include <string>
#include <vector>

namespace assay {

/// Facts that all runs of one command share: version control, machine, host, command.
Json common_provenance(const std::vector<std::string>& argv);

/// The record of a run that is about to start: should nobody live to see its end, recovery
/// publishes it as interrupted.
RunRecord starting_record(const Plan& plan, const Run& run, const Json& common, int attempt);

/// Adds how it ended.
void finish_record(RunRecord& record, const RunResult& result);

/// What its process is told.
Order make_order(const Plan& plan, const Run& run, const RunsFolder& folder,
                 const Decision& decision);

/// The last lines that its latest attempt printed, made safe to show; at most `lines`.
std::string log_tail(const fs::path& run_folder, size_t lines = 5);

}  // namespace assay
