// How runs are started: first fit, under the run's lock, in a process forked by a nursery.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/execution.hpp"
#include "core/run/record.hpp"

#include <fcntl.h>

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;

bool same(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// Removes what an earlier attempt left that a new beginning must not see. Its log stays.
void start_over(const fs::path& folder) {
  std::error_code ignored;
  for (const char* what : {"journal.wal", "ckpt", "spill", "artifacts"})
    fs::remove_all(folder / what, ignored);
}

}  // namespace

void Execution::launch_ready() {
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
bool Execution::launch(size_t i) {
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
  if (t.decision.action == Action::wait || !same(t.archived, archive_time(t.decision.folder))) {
    packing_.give_back(*share);
    look_again(i);
    return true;
  }
  begin(i, std::move(*share));
  return true;
}

/// Another process has had the run since it was decided: decides anew, now that the lock is ours.
void Execution::look_again(size_t i) {
  Task& t = tasks_[i];
  t.stage = Task::Stage::archiving;
  waiting_.erase(i);
  t.unlock();  // the lock is ours, and must not look like another process's
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
        task.archived = archive_time(task.decision.folder);
        if (decision->action == Action::cached) {
          settle(i, {.ending = Ending::cached});
        } else {
          task.stage = Task::Stage::ready;
          ready_.insert(i);
        }
      });
}

void Execution::retry_waiting() {
  if (waiting_.empty() || Clock::now() - last_retry_ < std::chrono::seconds(1)) return;
  last_retry_ = Clock::now();
  for (const size_t i : std::set<size_t>(waiting_)) {
    waiting_.erase(i);
    ready_.insert(i);
  }
}

Nursery& Execution::nursery(const Run& run) {
  const std::string library = plan_.plugin(run).path;
  const bool forks = !run.isolate_exec && run.resources.gpus == 0 && !threaded_.contains(library);
  auto& place = nurseries_[(forks ? "fork " : "exec ") + library];
  if (!place) place = std::make_unique<Nursery>(library, forks, plan_.launcher.env);
  return *place;
}

void Execution::begin(size_t i, Share share) {
  Task& t = tasks_[i];
  const Run& run = plan_.runs[i];
  try {
    if (t.decision.action == Action::run) start_over(t.decision.folder);
    t.record = starting_record(plan_, run, common_, t.decision.attempt);
    write_record(t.decision.folder, t.record);
    Order order = make_order(plan_, run, folder_, t.decision);
    order.cores = share.cores;
    order.gpus = join(share.gpus, ",");
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

}  // namespace assay
