#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/archivist.hpp"
#include "core/run/interrupt.hpp"
#include "core/run/live_run.hpp"
#include "core/run/machine.hpp"
#include "core/run/nursery.hpp"
#include "core/run/record.hpp"
#include "core/run/scheduler.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <poll.h>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;

/// One run of the plan on its way.
struct Task {
  enum class Stage { blocked, ready, waiting, live, archiving, done };
  Stage stage = Stage::blocked;
  Decision decision;
  RunResult result;
  size_t missing = 0;              // upstream runs that are not done
  std::vector<size_t> downstream;  // runs that need this one
  int tries = 0;                   // executions by this command
  timespec archive_time{};         // of run.h5, when it was decided
  std::optional<RunLock> lock;
  RunRecord record;
  std::unique_ptr<LiveRun> live;
  std::string nursery;  // where it lives
};

timespec archive_time(const fs::path& run_folder) {
  struct stat about {};
  return ::stat((run_folder / "run.h5").c_str(), &about) == 0 ? about.st_mtim : timespec{};
}
bool same(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// Removes what an earlier attempt left that a new beginning must not see. Its log stays.
void start_over(const fs::path& folder) {
  std::error_code ignored;
  for (const char* what : {"journal.wal", "ckpt", "spill", "artifacts"})
    fs::remove_all(folder / what, ignored);
}

void clean_up(const fs::path& folder, bool complete) {
  std::error_code ignored;
  fs::remove_all(folder / "scratch", ignored);
  if (complete) fs::remove_all(folder / "work", ignored);
}

/// Keeps the first and the latest lines of a log that a run floods.
void bound_log(const fs::path& folder) {
  constexpr off_t kMost = 64 << 20;
  struct stat about {};
  const fs::path file = folder / "log.txt";
  if (::stat(file.c_str(), &about) == 0 && about.st_size > kMost) [[maybe_unused]]
    const int result = ::truncate(file.c_str(), kMost / 2);
}

/// For every process that has the lock's descriptor: a grandchild that survived keeps nothing.
void unlock(Task& t) {
  if (!t.lock) return;
  RunLock::give_up(t.decision.folder);
  ::flock(t.lock->fd(), LOCK_UN);
  t.lock.reset();
}

class Scheduler {
 public:
  Scheduler(const Plan& plan, const RunsFolder& folder, const ExecuteOptions& options,
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
  Clock::time_point last_tick_ = Clock::now(), last_retry_ = Clock::now();
  RunReport report_;
  Archivist archivist_;  // last: its thread ends before what it uses
};

std::string Scheduler::label(size_t i) const {
  for (const auto& point : plan_.points)
    if (point.run == i) return point.label();
  return plan_.runs[i].folder();
}

void Scheduler::decide_all() {
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < plan_.runs.size(); ++i) index[plan_.runs[i].id] = i;
  tasks_.resize(plan_.runs.size());
  std::vector<Decision> decisions;
  for (size_t i = 0; i < tasks_.size(); ++i) {
    Task& t = tasks_[i];
    t.decision = decide(plan_, plan_.runs[i], folder_, options_.decide);
    t.archive_time = archive_time(t.decision.folder);
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
void Scheduler::settle(size_t i, RunResult result) {
  Task& t = tasks_[i];
  if (t.stage == Task::Stage::done) return;
  t.stage = Task::Stage::done;
  t.result = std::move(result);
  ready_.erase(i);
  waiting_.erase(i);
  --open_;
  unlock(t);
  if (t.result.ending != Ending::cached) observer_.ended(i, t.result);
  const bool good = t.result.ending == Ending::cached || t.result.ending == Ending::complete ||
                    t.result.ending == Ending::diverged;
  if (t.result.ending == Ending::failed && options_.fail_fast && !stopping_) {
    stopping_ = true;
    stop_reason_ = "a run failed, and --fail-fast was given";
  }
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

void Scheduler::skip(size_t i, const std::string& why) {
  if (tasks_[i].stage == Task::Stage::done || tasks_[i].decision.action == Action::cached) return;
  settle(i, {.ending = Ending::skipped, .message = why});
}

void Scheduler::launch_ready() {
  if (stopping_) {
    for (size_t i = 0; i < tasks_.size(); ++i) {
      const auto stage = tasks_[i].stage;
      if (stage == Task::Stage::blocked || stage == Task::Stage::ready ||
          stage == Task::Stage::waiting)
        settle(i, {.ending = interrupt_count_ ? Ending::interrupted : Ending::skipped,
                   .message = stop_reason_});
    }
    return;
  }
  for (auto it = ready_.begin(); it != ready_.end() && !packing_.full();) {
    const size_t i = *it;
    ++it;  // launch() takes `i` out
    launch(i);
    it = ready_.upper_bound(i);
  }
}

/// First fit: a run that does not fit now lets later ones go first.
bool Scheduler::launch(size_t i) {
  Task& t = tasks_[i];
  if (const auto bad = broken_.find(plan_.plugin(plan_.runs[i]).path); bad != broken_.end()) {
    settle(i, {.ending = Ending::failed, .kind = "error", .message = bad->second});
    return true;
  }
  auto share = packing_.take(plan_.runs[i].resources);
  if (!share && packing_.idle()) {
    settle(i, {.ending = Ending::failed,
               .kind = "node",
               .message = label(i) + " wants more cores, GPUs or memory than this machine has"});
    return true;
  }
  if (!share) return false;
  try {
    make_folder(t.decision.folder);
    if (!t.lock) t.lock = RunLock::take(t.decision.folder);
    if (t.lock) ::fcntl(t.lock->fd(), F_SETFD, FD_CLOEXEC);  // it reaches a zygote by message only
  } catch (const Failure& e) {
    packing_.give_back(*share);
    settle(i, {.ending = Ending::failed, .kind = "node", .message = e.what()});
    return true;
  }
  if (!t.lock) {
    packing_.give_back(*share);
    ready_.erase(i);
    if (waiting_.insert(i).second && t.stage != Task::Stage::waiting)
      observer_.note(label(i) + " is being run by " + holder(t.decision.folder) +
                     "; waiting for it");
    t.stage = Task::Stage::waiting;
    return false;
  }
  ready_.erase(i);
  if (t.decision.action == Action::wait || !same(t.archive_time, archive_time(t.decision.folder))) {
    packing_.give_back(*share);
    look_again(i);
    return true;
  }
  begin(i, std::move(*share));
  return true;
}

/// Another process has had the run since it was decided: decides anew, now that the lock is ours.
void Scheduler::look_again(size_t i) {
  Task& t = tasks_[i];
  t.stage = Task::Stage::archiving;
  waiting_.erase(i);
  unlock(t);  // the lock is ours, and must not look like another process's
  auto decision = std::make_shared<Decision>();
  auto problem = std::make_shared<std::string>();
  archivist_.submit(
      [this, i, decision, problem] {
        try {
          folder_.recover(tasks_[i].decision.folder);
          *decision = decide(plan_, plan_.runs[i], folder_, options_.decide);
        } catch (const std::exception& e) {
          *problem = e.what();
        }
      },
      [this, i, decision, problem] {
        Task& task = tasks_[i];
        if (!problem->empty()) {
          settle(i, {.ending = Ending::failed, .kind = "node", .message = *problem});
          return;
        }
        task.decision = *decision;
        task.archive_time = archive_time(task.decision.folder);
        if (decision->action == Action::cached) {
          settle(i, {.ending = Ending::cached});
        } else {
          task.stage = Task::Stage::ready;
          ready_.insert(i);
        }
      });
}

void Scheduler::retry_waiting() {
  if (waiting_.empty() || Clock::now() - last_retry_ < std::chrono::seconds(1)) return;
  last_retry_ = Clock::now();
  for (const size_t i : std::set<size_t>(waiting_)) {
    waiting_.erase(i);
    ready_.insert(i);
  }
}

Nursery& Scheduler::nursery(const Run& run) {
  const std::string library = plan_.plugin(run).path;
  const bool forks = !run.isolate_exec && run.resources.gpus == 0 && !threaded_.contains(library);
  auto& place = nurseries_[(forks ? "fork " : "exec ") + library];
  if (!place) place = std::make_unique<Nursery>(library, forks, plan_.launcher.env);
  return *place;
}

void Scheduler::begin(size_t i, Share share) {
  Task& t = tasks_[i];
  const Run& run = plan_.runs[i];
  try {
    if (t.decision.action == Action::run) start_over(t.decision.folder);
    t.record = starting_record(plan_, run, common_, t.decision.attempt);
    write_record(t.decision.folder, t.record);
    Order order = make_order(plan_, run, folder_, t.decision);
    order.cores = share.cores;
    if (!share.gpus.empty()) order.gpu = share.gpus.front();
    t.live = std::make_unique<LiveRun>(run, share, t.decision.folder, options_);
    Nursery& place = nursery(run);
    t.nursery = (place.forks() ? "fork " : "exec ") + plan_.plugin(run).path;
    t.stage = Task::Stage::live;
    ++t.tries;
    live_.insert(i);
    place.begin(i, order, t.lock->fd());
    observer_.started(i, t.decision);
  } catch (const Failure& e) {
    if (live_.contains(i)) return;  // the nursery is gone: listen() finds out
    t.live.reset();
    packing_.give_back(share);
    settle(i, {.ending = Ending::failed, .kind = "node", .message = e.what()});
  }
}

void Scheduler::listen() {
  std::vector<std::string> gone;
  for (auto& [key, place] : nurseries_) {
    for (const auto& message : place->listen()) {
      try {
        handle(*place, message);
      } catch (const Json::exception&) {
        place->kill();  // it no longer speaks the protocol: its plugin has its memory
      }
    }
    if (place->gone()) gone.push_back(key);
  }
  for (const auto& key : gone) nursery_died(key);
}

void Scheduler::handle(Nursery& place, const Json& message) {
  const std::string event = message.at("event");
  if (event == "ready") {
    if (place.forks() && message.at("tasks").get<int>() != 1) {
      for (auto& [key, one] : nurseries_)
        if (one.get() == &place) threaded_.insert(key.substr(5));
      place.kill();
    }
    return;
  }
  if (event == "broken") {
    for (auto& [key, one] : nurseries_)
      if (one.get() == &place)
        broken_[key.substr(5)] = printable(message.at("text").get<std::string>());
    return;
  }
  const size_t i = message.at("token");
  if (!live_.contains(i) || nurseries_[tasks_[i].nursery].get() != &place) return;
  if (event == "started") {
    tasks_[i].live->started(message.at("pid"));
  } else if (event == "stopped") {
    tasks_[i].live->stopped();
  } else if (event == "exited") {
    tasks_[i].result.cpu = message.at("cpu");
    tasks_[i].result.max_rss = message.at("rss");
    ended(i, message.at("status"), message.at("note"), false);
  }
}

/// A zygote or worker is gone: its runs cannot be reaped any more, and the next run needs another.
void Scheduler::nursery_died(const std::string& key) {
  const std::unique_ptr<Nursery> place = std::move(nurseries_[key]);
  nurseries_.erase(key);
  const std::string library = key.substr(5), how = place->death(), said = place->last_words();
  const bool threaded = place->forks() && threaded_.contains(library);
  std::vector<size_t> lost;
  bool any_started = false;
  for (const size_t i : live_)
    if (tasks_[i].nursery == key) lost.push_back(i), any_started |= tasks_[i].live->has_started();
  if (threaded) {
    observer_.note(fs::path(library).filename().string() +
                   " starts threads when it is loaded; each of its runs loads it anew");
  } else if (!broken_.contains(library) && ++deaths_[library] >= 3) {
    broken_[library] =
        fmt::format("{} {} when it is loaded{}", fs::path(library).filename().string(), how,
                    said.empty() ? "" : " (it printed: " + said + ")");
  }
  for (const size_t i : lost) {
    Task& t = tasks_[i];
    t.live->orphan();
    if (!t.live->has_started() && !interrupt_count_) {
      // It had not begun: it is simply started again.
      packing_.give_back(t.live->share());
      t.live.reset();
      live_.erase(i);
      t.stage = Task::Stage::ready;
      ready_.insert(i);
    } else {
      ended(i, 0, "", true);
    }
  }
}

void Scheduler::ended(size_t i, int status, const std::string& note, bool orphaned) {
  Task& t = tasks_[i];
  RunResult result = t.live->judge(status, note, orphaned);
  result.cpu = t.result.cpu;
  result.max_rss = t.result.max_rss;
  result.attempt = t.decision.attempt;
  packing_.give_back(t.live->share());
  t.live.reset();
  live_.erase(i);
  t.result = std::move(result);
  if (t.result.ending == Ending::failed) t.result.log_tail = log_tail(t.decision.folder);
  if (!again(i)) archive(i);
}

/// Retries a crash, a kill, a timeout: never an error that the method reported.
bool Scheduler::again(size_t i) {
  Task& t = tasks_[i];
  const auto& on = plan_.runs[i].retries.on;
  if (stopping_ || t.result.ending != Ending::failed || t.tries > plan_.runs[i].retries.max ||
      std::find(on.begin(), on.end(), t.result.kind) == on.end())
    return false;
  const bool resumable = plan_.schema(plan_.runs[i]).flags & ASSAY_RESUMABLE &&
                         JournalTail(t.decision.folder).poll().last_checkpoint >= 0;
  t.decision.action = resumable ? Action::resume : Action::run;
  t.decision.reason = t.result.message + "; tried again";
  ++t.decision.attempt;
  observer_.note(label(i) + ": " + t.result.message + "; trying it again");
  t.stage = Task::Stage::ready;
  ready_.insert(i);
  return true;
}

void Scheduler::archive(size_t i) {
  Task& t = tasks_[i];
  t.stage = Task::Stage::archiving;
  finish_record(t.record, t.result);
  auto problem = std::make_shared<std::string>();
  archivist_.submit(
      [this, i, problem] {
        const Task& task = tasks_[i];
        try {
          publish(task.decision.folder, task.record);
          clean_up(task.decision.folder, task.record.state == "complete");
        } catch (const std::exception& e) {
          *problem = e.what();
        }
      },
      [this, i, problem] {
        RunResult result = tasks_[i].result;
        if (!problem->empty()) {
          result.ending = Ending::failed;
          result.kind = "node";
          result.message =
              "its results could not be stored, and are kept in the journal: " + *problem;
        }
        settle(i, std::move(result));
      });
}

void Scheduler::interrupted() {
  const int n = interrupts_.count();
  if (n <= interrupt_count_) return;
  interrupt_count_ = n;
  stopping_ = true;
  stop_reason_ = "it was not started any more";
  observer_.note(n == 1 && !live_.empty() ? "stopping: runs save and leave; again: they are killed"
                                          : "stopping");
  for (const size_t i : live_) tasks_[i].live->interrupt(n > 1);
}

void Scheduler::tick() {
  if (Clock::now() - last_tick_ < std::chrono::milliseconds(240)) return;
  last_tick_ = Clock::now();
  for (const size_t i : live_) {
    Task& t = tasks_[i];
    t.live->supervise();
    bound_log(t.decision.folder);
    observer_.progress(i, t.live->progress(), t.live->seconds());
  }
  for (auto& [key, place] : nurseries_) {
    const bool loads = std::any_of(live_.begin(), live_.end(), [&](size_t i) {
      return tasks_[i].nursery == key && !tasks_[i].live->has_started();
    });
    const std::chrono::duration<double> age = Clock::now() - place->started();
    if (loads && age.count() > options_.start_limit) {
      broken_[key.substr(5)] =
          fmt::format("{} hangs when it is loaded", fs::path(key.substr(5)).filename().string());
      place->kill();
    }
  }
  observer_.tick();
}

void Scheduler::loop() {
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

RunReport Scheduler::run() {
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

}  // namespace

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
  return Scheduler(plan, folder, options, observer).run();
}

}  // namespace assay
