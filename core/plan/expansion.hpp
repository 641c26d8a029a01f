// Expands the stages of an experiment into points and runs.
#pragma once
#include "core/plan/join.hpp"
#include "core/plan/stage.hpp"

namespace assay {

/// A stage's own combinations: cases x zips x grid, without what is excluded, times seeds. The
/// `from` of a row holds the picked index of each of the stage's axes. Errors: E123, E124.
Relation own_points(const Stage& stage, int64_t max_runs, AxisValuePool& pool, Findings& findings);

/// Stages so that upstream comes before downstream, else in the file's order; E140 for a cycle.
std::vector<const Stage*> in_order(const Stages& stages, Findings& findings);

/// Adds the stages, points and runs of all of `stages` that have no errors to `plan`. `folder` is
/// where relative paths begin.
void expand(const Stages& stages, const fs::path& folder, int64_t max_runs, PlanContext& context,
            Plan& plan, Findings& findings);

/// "width=64, batch=512"
std::string axes_text(const Axes& axes);

}  // namespace assay
