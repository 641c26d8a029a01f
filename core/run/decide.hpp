// Whether a run has to be executed, and why.
#pragma once
#include "core/archive/runs_folder.hpp"
#include "core/plan/plan.hpp"

#include <set>
#include <string>

namespace assay {

struct DecideOptions {
  bool retry_failed = true;     // false: a run that failed stays failed
  std::set<std::string> force;  // ids of runs to execute whatever is there
};

enum class Action {
  cached,  // complete
  resume,  // from its last checkpoint
  run,     // from the beginning
  keep,    // it failed, and is not tried again
  wait,    // another process is running it
};
std::string to_string(Action action);  // "cached", "resume", "run", "failed", "wait"

struct Decision {
  Action action = Action::run;
  std::string reason;  // "complete", "not run yet", "failed before: ...", ...
  fs::path folder;
  int attempt = 1;  // number of the next one
};

/// Reads the runs folder, changes nothing.
Decision decide(const Plan& plan, const Run& run, const RunsFolder& folder,
                const DecideOptions& options = {});

/// "pid 812 on lab3", from the lock file of a run; "another process" when it does not say.
std::string holder(const fs::path& run_folder);

}  // namespace assay
