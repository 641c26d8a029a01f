#include "core/archive/journal.hpp"
#include "core/base/text.hpp"
#include "core/run/decide.hpp"

#include <fmt/format.h>

#include <fstream>

namespace assay {

std::string to_string(Action action) {
  switch (action) {
    case Action::cached: return "cached";
    case Action::resume: return "resume";
    case Action::run: return "run";
    case Action::keep: return "failed";
    case Action::wait: return "wait";
  }
  return "";
}

namespace {

/// A run that is not complete continues from its checkpoint where its method can, unless its own
/// method ended it: the same error would come again.
void decide_again(const RunStatus& status, bool resumable, const fs::path& folder, Decision& d) {
  const bool failed = status.state == RunState::failed;
  std::string kind;
  if (failed) {
    if (const auto record = read_record(folder); record && record->provenance.is_object())
      kind = record->provenance.value("failure", "");
  }
  const std::string before = failed ? "failed before: " + status.message : "interrupted";
  if (resumable && status.resumable && kind != "error") {
    d.action = Action::resume;
    d.reason = before + "; continues from its last checkpoint";
    if (const int64_t step = JournalTail(d.folder).poll().last_checkpoint; step >= 0)
      d.reason += fmt::format(", step {}", step);
  } else {
    d.action = Action::run;
    d.reason = before + "; starts over";
  }
}

}  // namespace

Decision decide(const Plan& plan, const Run& run, const RunsFolder& runs,
                const DecideOptions& options) {
  Decision d;
  d.folder = runs.folder(run.plugin, run.method, run.id);
  const RunStatus status = runs.status(d.folder);
  d.attempt = status.attempts + 1;
  const bool resumable = plan.schema(run).flags & ASSAY_RESUMABLE;
  switch (status.state) {
    case RunState::running:
      d.action = Action::wait;
      d.reason = "is being run by " + holder(d.folder);
      return d;
    case RunState::complete:
      d.action = Action::cached;
      d.reason = "complete";
      break;
    case RunState::absent: d.reason = "not run yet"; break;
    case RunState::failed:
      if (!options.retry_failed) {
        d.action = Action::keep;
        d.reason = "failed before: " + status.message;
        break;
      }
      [[fallthrough]];
    default: decide_again(status, resumable, d.folder, d);
  }
  if (options.force.contains(run.id)) {
    d.action = Action::run;
    d.reason = "forced";
  }
  return d;
}

std::string holder(const fs::path& run_folder) {
  std::ifstream in(run_folder / "lock");
  std::string host, boot;
  int pid = 0;
  if (in >> host >> boot >> pid) return fmt::format("pid {} on {}", pid, printable(host));
  return "another process";
}

}  // namespace assay
