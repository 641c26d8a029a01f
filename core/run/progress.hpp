// What a person sees while a plan is executed.
#pragma once
#include "core/run/scheduler.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace assay {

/// On a terminal: one line for each stage that has begun, with a bar, done/total and ETA, redrawn
/// in place; failures and notes scroll above. Otherwise plain lines: the first and the last run of
/// a stage, each failure, and every 10 s what is running.
class ProgressDisplay : public Observer {
 public:
  ProgressDisplay(std::FILE* out, bool terminal, int width = 100);

  void begin(const Plan& plan, const std::vector<Decision>& decisions) override;
  void started(size_t run, const Decision& decision) override;
  void progress(size_t run, const JournalState& state, double seconds) override;
  void ended(size_t run, const RunResult& result) override;
  void note(const std::string& text) override;
  void tick() override;
  void end(const RunReport& report) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    JournalState state;
    double seconds = 0;
  };
  struct Stage {
    std::string name;
    std::vector<size_t> runs;
    int cached = 0, done = 0, failed = 0;  // done: executed now, failed ones too
    double spent = 0;                      // seconds of the runs executed now
    bool begun = false, finished = false;
  };
  double fraction(const Stage& stage) const;
  std::string eta(const Stage& stage) const;
  std::string detail(const Stage& stage) const;
  std::string line(const Stage& stage) const;
  std::string label(size_t run) const;
  void say(const std::string& text);  // a line that stays
  void erase();
  void draw();

  std::FILE* out_;
  bool terminal_;
  int width_;
  const Plan* plan_ = nullptr;
  std::vector<Stage> stages_;
  std::vector<size_t> stage_of_;  // by run
  std::map<size_t, Running> running_;
  int drawn_ = 0;     // lines below which the next text appears
  int parallel_ = 1;  // most runs seen at once
  Clock::time_point last_plain_ = Clock::now();
};

/// `12/20 runs`, "4 cached": the sentence at the end. "12 runs, all cached, 0.04 s".
std::string summary(const RunReport& report);

}  // namespace assay
