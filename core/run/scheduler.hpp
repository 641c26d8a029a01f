// Executing a plan: what has to run, in which order, and what came of it.
#pragma once
#include "core/archive/journal.hpp"
#include "core/archive/runs_folder.hpp"
#include "core/plan/plan.hpp"
#include "core/run/decide.hpp"

#include <string>
#include <vector>

namespace assay {

struct ExecuteOptions {
  int jobs = 0;  // runs at a time; 0: the plan's, else as many as the cores allow
  bool fail_fast = false;
  DecideOptions decide;
  std::vector<std::string> argv;  // of the command, for the provenance
  double grace = 30;              // seconds from SIGTERM to SIGKILL
  double memory_grace = 10;       // the same above the memory limit
  double warning = 60;            // seconds before a time limit at which a run is told to save
  double start_limit = 60;        // seconds in which a plugin must have been loaded
};

enum class Ending {
  cached,       // nothing had to be done
  complete,     // now
  diverged,     // complete; its method says that it diverged
  failed,       // `kind` says how
  interrupted,  // the user stopped it
  skipped,      // a run that it needs did not complete, or nothing was started any more
};

struct RunResult {
  Ending ending = Ending::skipped;
  std::string kind;      // of a failure: error crash oom timeout node
  std::string message;   // one sentence; of a failure, an interruption, a skip
  std::string log_tail;  // of a failure: the last lines that it printed
  int attempt = 0;
  double wall = 0, cpu = 0;  // seconds, of the last attempt
  int64_t max_rss = 0;       // bytes
};

struct RunReport {
  std::vector<RunResult> runs;  // as Plan::runs
  bool interrupted = false;
  double seconds = 0;
  int count(Ending ending) const;
  /// 0 done, 1 some run failed, 4 interrupted.
  int exit_code() const;
};

/// Told what happens, from the thread that called execute().
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void begin(const Plan&, const std::vector<Decision>&) {}
  virtual void started(size_t /*run*/, const Decision&) {}
  virtual void progress(size_t /*run*/, const JournalState&, double /*seconds*/) {}
  virtual void ended(size_t /*run*/, const RunResult&) {}
  virtual void note(const std::string&) {}
  virtual void tick() {}  // about four times a second
  virtual void end(const RunReport&) {}
};

/// Recovers runs that died, decides what each run of the plan needs, and does it. SIGINT, SIGTERM
/// and SIGHUP are handled meanwhile: once, the runs are asked to save and to stop; twice, they are
/// killed. Writes the plan to plans/<experiment>-<12 hex>.json. Throws Failure when the runs folder
/// cannot be written.
RunReport execute(const Plan& plan, const RunsFolder& folder, const ExecuteOptions& options,
                  Observer& observer);

}  // namespace assay
