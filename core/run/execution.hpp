// The state of one execution of a plan. Its three parts: what is decided and when it is over
// (scheduler.cpp), how runs are started (launch.cpp), and what becomes of them (outcome.cpp).
#pragma once
#include "core/run/archivist.hpp"
#include "core/run/interrupt.hpp"
#include "core/run/live_run.hpp"
#include "core/run/machine.hpp"
#include "core/run/nursery.hpp"
#include "core/run/scheduler.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <time.h>
#include <vector>

namespace assay {

/// One run of the plan on its way.
struct Task {
  enum class Stage { blocked, ready, waiting, live, archiving, done };
  Stage stage = Stage::blocked;
  Decision decision;
  RunResult result;
  size_t missing = 0;              // upstream runs that are not done
  std::vector<size_t> downstream;  // runs that need this one
  int tries = 0;                   // executions by this command
  timespec archived{};             // time of run.h5, when it was decided
  std::optional<RunLock> lock;
  RunRecord record;
  std::unique_ptr<LiveRun> live;
  std::string nursery;  // where it lives

  /// For every process that has the lock's descriptor: a grandchild that survived keeps nothing.
  void unlock();
};

/// Time of a run's archive; zero when there is none.
timespec archive_time(const fs::path& run_folder);

class Execution {
 public:
  Execution(const Plan& plan, const RunsFolder& folder, const ExecuteOptions& options,
            Observer& observer)
      : plan_(plan),
        folder_(folder),
        options_(options),
        observer_(observer),
        packing_(Hardware::here(), options.jobs > 0 ? options.jobs : plan.launcher.jobs) {}

  RunReport run();

 private:
  void decide_all();
  void loop();
  void launch_ready();
  bool launch(size_t i);
  void begin(size_t i, Share share);
  void look_again(size_t i);
  void retry_waiting();
  Nursery& nursery(const Run& run);
  void listen();
  void handle(Nursery& nursery, const Json& message);
  void nursery_died(const std::string& key);
  void ended(size_t i, int status, const std::string& note, bool orphaned);
  bool again(size_t i);
  void stop_after(const RunResult& result);
  void archive(size_t i);
  void settle(size_t i, RunResult result);
  void skip(size_t i, const std::string& why);
  void tick();
  void interrupted();
  std::string label(size_t i) const;

  const Plan& plan_;
  const RunsFolder& folder_;
  const ExecuteOptions& options_;
  Observer& observer_;
  Packing packing_;
  Interrupts interrupts_;
  Json common_;
  std::vector<Task> tasks_;
  std::set<size_t> ready_, waiting_, live_;
  size_t open_ = 0;  // tasks that are not done
  int interrupt_count_ = 0;
  bool stopping_ = false;  // nothing is started any more
  std::string stop_reason_;
  std::map<std::string, std::unique_ptr<Nursery>> nurseries_;
  std::set<std::string> threaded_;             // libraries that cannot be forked after loading
  std::map<std::string, std::string> broken_;  // library -> why it cannot be used
  std::map<std::string, int> deaths_;          // of a library's zygotes
  std::chrono::steady_clock::time_point last_tick_ = std::chrono::steady_clock::now(),
                                        last_retry_ = std::chrono::steady_clock::now();
  RunReport report_;
  Archivist archivist_;  // last: its thread ends before what it uses
};

}  // namespace assay
