#include "core/base/error.hpp"
#include "core/run/execution.hpp"
#include "core/run/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;

/// Keeps the first and the latest lines of a log that a run floods.
void bound_log(const fs::path& folder) {
  constexpr off_t kMost = 64 << 20;
  struct stat about {};
  const fs::path file = folder / "log.txt";
  if (::stat(file.c_str(), &about) == 0 && about.st_size > kMost) [[maybe_unused]]
    const int result = ::truncate(file.c_str(), kMost / 2);
}

}  // namespace

void Task::unlock() {
  if (!lock) return;
  RunLock::give_up(decision.folder);
  ::flock(lock->fd(), LOCK_UN);
  lock.reset();
}

timespec archive_time(const fs::path& run_folder) {
  struct stat about {};
  return ::stat((run_folder / "run.h5").c_str(), &about) == 0 ? about.st_mtim : timespec{};
}

std::string Execution::label(size_t i) const {
  for (const auto& point : plan_.points)
    if (point.run == i) return point.label();
  return plan_.runs[i].folder();
}

void Execution::decide_all() {
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < plan_.runs.size(); ++i) index[plan_.runs[i].id] = i;
  tasks_.resize(plan_.runs.size());
  std::vector<Decision> decisions;
  for (size_t i = 0; i < tasks_.size(); ++i) {
    Task& t = tasks_[i];
    t.decision = decide(plan_, plan_.runs[i], folder_, options_.decide);
    t.archived = archive_time(t.decision.folder);
    decisions.push_back(t.decision);
    for (const auto& id : plan_.runs[i].upstream()) {
      const auto upstream = index.find(id);
      if (upstream == index.end()) continue;
      ++t.missing;
      tasks_[upstream->second].downstream.push_back(i);
    }
  }
  open_ = tasks_.size();
  observer_.begin(plan_, decisions);
  for (size_t i = 0; i < tasks_.size(); ++i) {
    Task& t = tasks_[i];
    if (t.decision.action == Action::cached) {
      settle(i, {.ending = Ending::cached});
    } else if (t.decision.action == Action::keep) {
      settle(i, {.ending = Ending::failed, .kind = "error", .message = t.decision.reason});
    } else if (t.stage == Task::Stage::blocked && t.missing == 0) {
      t.stage = Task::Stage::ready;
      ready_.insert(i);
    }
  }
}

/// The end of one task: what needs it may now start, or never will.
void Execution::settle(size_t i, RunResult result) {
  Task& t = tasks_[i];
  if (t.stage == Task::Stage::done) return;
  t.stage = Task::Stage::done;
  t.result = std::move(result);
  ready_.erase(i);
  waiting_.erase(i);
  --open_;
  t.unlock();
  if (t.result.ending != Ending::cached) observer_.ended(i, t.result);
  const bool good = t.result.ending == Ending::cached || t.result.ending == Ending::complete ||
                    t.result.ending == Ending::diverged;
  stop_after(t.result);
  for (const size_t d : t.downstream) {
    if (!good) {
      skip(d, t.result.ending == Ending::interrupted
                  ? "it needs " + label(i) + ", which was stopped"
                  : "it needs " + label(i) +
                        ", which did not "
                        "complete");
    } else if (--tasks_[d].missing == 0 && tasks_[d].stage == Task::Stage::blocked) {
      tasks_[d].stage = Task::Stage::ready;
      ready_.insert(d);
    }
  }
}

void Execution::skip(size_t i, const std::string& why) {
  if (tasks_[i].stage == Task::Stage::done || tasks_[i].decision.action == Action::cached) return;
  settle(i, {.ending = Ending::skipped, .message = why});
}

void Execution::interrupted() {
  const int n = interrupts_.count();
  if (n <= interrupt_count_) return;
  interrupt_count_ = n;
  stopping_ = true;
  stop_reason_ = "it was not started any more";
  observer_.note(n == 1 && !live_.empty() ? "stopping: runs save and leave; again: they are killed"
                                          : "stopping");
  for (const size_t i : live_) tasks_[i].live->interrupt(n > 1);
}

void Execution::tick() {
  if (Clock::now() - last_tick_ < std::chrono::milliseconds(240)) return;
  last_tick_ = Clock::now();
  for (const size_t i : live_) {
    Task& t = tasks_[i];
    t.live->supervise();
    bound_log(t.decision.folder);
    observer_.progress(i, t.live->progress(), t.live->seconds());
  }
  for (auto& [key, place] : nurseries_) {
    const bool hangs = std::any_of(live_.begin(), live_.end(), [&](size_t i) {
      const auto& run = *tasks_[i].live;
      return tasks_[i].nursery == key && !run.has_started() && run.seconds() > options_.start_limit;
    });
    if (hangs) {
      broken_[key.substr(5)] =
          fmt::format("{} hangs when it is loaded", fs::path(key.substr(5)).filename().string());
      place->kill();
    }
  }
  observer_.tick();
}

void Execution::loop() {
  while (open_ > 0) {
    launch_ready();
    if (open_ == 0) break;
    std::vector<pollfd> fds{{interrupts_.fd(), POLLIN, 0}, {archivist_.fd(), POLLIN, 0}};
    for (const auto& [key, place] : nurseries_) fds.push_back({place->fd(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), 250);
    interrupted();
    listen();
    for (const auto& done : archivist_.finished()) done();
    retry_waiting();
    tick();
  }
}

RunReport Execution::run() {
  const auto start = Clock::now();
  decide_all();
  if (open_ > 0) common_ = common_provenance(options_.argv);
  loop();
  nurseries_.clear();
  report_.interrupted = interrupt_count_ > 0;
  report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (auto& t : tasks_) report_.runs.push_back(std::move(t.result));
  observer_.end(report_);
  return std::move(report_);
}

int RunReport::count(Ending ending) const {
  return static_cast<int>(std::count_if(runs.begin(), runs.end(),
                                        [&](const RunResult& r) { return r.ending == ending; }));
}

int RunReport::exit_code() const {
  if (interrupted && count(Ending::interrupted) > 0) return 4;
  return count(Ending::failed) + count(Ending::skipped) + count(Ending::interrupted) > 0 ? 1 : 0;
}

RunReport execute(const Plan& plan, const RunsFolder& folder, const ExecuteOptions& options,
                  Observer& observer) {
  make_folder(folder.root());
  const fs::path plans = folder.root() / "plans";
  const fs::path file = plans / (plan.name + "-" + plan.id().substr(0, 12) + ".json");
  const std::string text = to_json(plan).dump();
  std::error_code error;
  if (!fs::exists(file, error) || read_file(file) != text) {
    make_folder(plans);
    write_file(file, text);
  }
  for (const auto& run : plan.runs) folder.recover(folder.folder(run.plugin, run.method, run.id));
  return Execution(plan, folder, options, observer).run();
}

}  // namespace assay
