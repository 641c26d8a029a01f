// What becomes of runs: the messages of the nurseries, their deaths, retries, archives.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/execution.hpp"
#include "core/run/record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

void clean_up(const fs::path& folder, bool complete) {
  std::error_code ignored;
  fs::remove_all(folder / "scratch", ignored);
  if (complete) fs::remove_all(folder / "work", ignored);
}

}  // namespace

void Execution::listen() {
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

void Execution::handle(Nursery& place, const Json& message) {
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
void Execution::nursery_died(const std::string& key) {
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

void Execution::ended(size_t i, int status, const std::string& note, bool orphaned) {
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
  if (again(i)) return;
  stop_after(t.result);
  archive(i);
}

void Execution::stop_after(const RunResult& result) {
  if (result.ending != Ending::failed || !options_.fail_fast || stopping_) return;
  stopping_ = true;
  stop_reason_ = "a run failed, and --fail-fast was given";
}

/// Retries a crash, a kill, a timeout: never an error that the method reported.
bool Execution::again(size_t i) {
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

void Execution::archive(size_t i) {
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

}  // namespace assay
