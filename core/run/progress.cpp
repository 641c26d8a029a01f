#include "core/base/text.hpp"
#include "core/run/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

/// `width` cells, drawn to an eighth.
std::string bar(double fraction, int width) {
  static constexpr const char* kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * width * 8);
  std::string out;
  int cells = eighths / 8;
  for (int i = 0; i < cells; ++i) out += "█";
  if (eighths % 8) out += kParts[eighths % 8], ++cells;
  return out + std::string(static_cast<size_t>(width - cells), ' ');
}

/// Cut to `width` columns; every character here is one column wide.
std::string fit(const std::string& text, int width) {
  int columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (++columns > width) return text.substr(0, i);
  }
  return text;
}

}  // namespace

ProgressDisplay::ProgressDisplay(std::FILE* out, bool terminal, int width)
    : out_(out), terminal_(terminal), width_(std::max(40, width)) {}

std::string ProgressDisplay::label(size_t run) const {
  for (const auto& point : plan_->points)
    if (point.run == run) return point.label();
  return plan_->runs[run].folder();
}

void ProgressDisplay::begin(const Plan& plan, const std::vector<Decision>& decisions) {
  plan_ = &plan;
  stage_of_.assign(plan.runs.size(), 0);
  std::map<std::string, size_t> index;
  for (const auto& stage : plan.stages) {
    index[stage.name] = stages_.size();
    stages_.push_back({.name = stage.name, .runs = {}});
  }
  std::set<size_t> seen;  // a run that several stages share is shown in the first
  for (const auto& point : plan.points) {
    if (!seen.insert(point.run).second || !index.contains(point.stage)) continue;
    Stage& stage = stages_[index[point.stage]];
    stage_of_[point.run] = index[point.stage];
    stage.runs.push_back(point.run);
    stage.cached += decisions[point.run].action == Action::cached;
  }
}

void ProgressDisplay::started(size_t run, const Decision& decision) {
  running_[run] = {};
  parallel_ = std::max(parallel_, static_cast<int>(running_.size()));
  Stage& stage = stages_[stage_of_[run]];
  if (decision.attempt > 1)
    say(fmt::format("{}: {} ({})", label(run), to_string(decision.action), decision.reason));
  if (!stage.begun && !terminal_)
    say(fmt::format("{}: started, {} of {} runs to do", stage.name,
                    stage.runs.size() - static_cast<size_t>(stage.cached), stage.runs.size()));
  stage.begun = true;
}

void ProgressDisplay::progress(size_t run, const JournalState& state, double seconds) {
  const auto it = running_.find(run);
  if (it != running_.end()) it->second = {state, seconds};
}

void ProgressDisplay::ended(size_t run, const RunResult& result) {
  running_.erase(run);
  Stage& stage = stages_[stage_of_[run]];
  const bool failed = result.ending == Ending::failed;
  if (result.ending == Ending::complete || result.ending == Ending::diverged || failed) {
    ++stage.done;
    stage.failed += failed;
    stage.spent += result.wall;
  }
  if (failed) {
    say(fmt::format("failed  {}: {}", label(run), result.message));
    std::string_view rest = result.log_tail;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      say(fmt::format("        | {}", rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  } else if (result.ending == Ending::diverged) {
    say(fmt::format("diverged  {}{}{}", label(run), result.message.empty() ? "" : ": ",
                    result.message));
  } else if (result.ending == Ending::interrupted && result.attempt > 0) {
    say(fmt::format("stopped  {}: {}", label(run), result.message));
  }
  const auto all = static_cast<int>(stage.runs.size());
  if (!stage.finished && stage.done + stage.cached == all) {
    stage.finished = true;
    if (!terminal_)
      say(fmt::format("{}: {} of {} runs done, {} each", stage.name, all - stage.failed, all,
                      show_duration(stage.spent / std::max(1, stage.done))));
  }
}

void ProgressDisplay::note(const std::string& text) { say(text); }

/// Of the stage's work: whole runs, and of running ones what they report.
double ProgressDisplay::fraction(const Stage& stage) const {
  double done = stage.done + stage.cached;
  for (const auto& [run, now] : running_)
    if (&stages_[stage_of_[run]] == &stage && now.state.total > 0)
      done += std::clamp(static_cast<double>(now.state.done) / static_cast<double>(now.state.total),
                         0.0, 1.0);
  return stage.runs.empty() ? 1 : done / static_cast<double>(stage.runs.size());
}

/// From the runs that are done, else from what running ones report; "" while neither says anything.
std::string ProgressDisplay::eta(const Stage& stage) const {
  double each = stage.done > 0 ? stage.spent / stage.done : 0, remaining = 0;
  int lanes = 0;
  for (const auto& [run, now] : running_) {
    if (&stages_[stage_of_[run]] != &stage) continue;
    ++lanes;
    const double part = now.state.total > 0 ? static_cast<double>(now.state.done) /
                                                  static_cast<double>(now.state.total)
                                            : 0;
    if (each <= 0 && part > 0.01) each = now.seconds / part;
    remaining += part > 0.01 ? now.seconds * (1 - part) / part : std::max(0.0, each - now.seconds);
  }
  const auto waiting = static_cast<int>(stage.runs.size()) - stage.done - stage.cached - lanes;
  if (each <= 0 || lanes == 0) return "";
  return "ETA " + show_duration((remaining + waiting * each) / lanes);
}

/// What the run that has been running longest says of itself.
std::string ProgressDisplay::detail(const Stage& stage) const {
  const Running* longest = nullptr;
  for (const auto& [run, now] : running_)
    if (&stages_[stage_of_[run]] == &stage && (!longest || now.seconds > longest->seconds))
      longest = &now;
  if (!longest || longest->state.phase.empty()) return "";
  const auto& s = longest->state;
  std::string out = printable(s.phase);
  if (s.total > 0) out += fmt::format(" {}/{}", s.done, s.total);
  if (!s.note.empty()) out += " " + printable(s.note);
  return out;
}

std::string ProgressDisplay::line(const Stage& stage) const {
  size_t widest = 0;
  for (const auto& s : stages_) widest = std::max(widest, s.name.size());
  const std::string rest = eta(stage), what = detail(stage);
  std::string out =
      fmt::format("{:<{}}  {} {:>3.0f} %  {}/{} runs", stage.name, widest, bar(fraction(stage), 20),
                  100 * fraction(stage), stage.done + stage.cached, stage.runs.size());
  if (stage.failed) out += fmt::format(", {} failed", stage.failed);
  if (!rest.empty()) out += "  " + rest;
  if (!what.empty()) out += "  " + what;
  return fit(out, width_ - 1);
}

void ProgressDisplay::erase() {
  if (drawn_ > 0) fmt::print(out_, "\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
}

void ProgressDisplay::draw() {
  for (const auto& stage : stages_) {
    if (!stage.begun) continue;
    fmt::print(out_, "{}\n", line(stage));
    ++drawn_;
  }
  std::fflush(out_);
}

void ProgressDisplay::say(const std::string& text) {
  if (terminal_) erase();
  fmt::print(out_, "{}\n", text);
  if (terminal_) draw();
  std::fflush(out_);
}

void ProgressDisplay::tick() {
  if (terminal_) {
    erase();
    draw();
    return;
  }
  if (Clock::now() - last_plain_ < std::chrono::seconds(10)) return;
  last_plain_ = Clock::now();
  std::set<size_t> active;
  for (const auto& [run, now] : running_) active.insert(stage_of_[run]);
  for (const size_t i : active) {
    const Stage& s = stages_[i];
    const std::string rest = eta(s), what = detail(s);
    say(fmt::format("{}: {}/{} runs, {:.0f} %{}{}{}{}", s.name, s.done + s.cached, s.runs.size(),
                    100 * fraction(s), rest.empty() ? "" : ", ", rest, what.empty() ? "" : ", ",
                    what));
  }
}

void ProgressDisplay::end(const RunReport& report) {
  if (terminal_) {
    erase();
    draw();
    drawn_ = 0;
  }
  fmt::print(out_, "{}\n", summary(report));
  std::fflush(out_);
}

std::string summary(const RunReport& report) {
  const auto n = static_cast<int>(report.runs.size());
  const auto time = report.seconds < 9.95 ? fmt::format("{:.2f} s", report.seconds)
                                          : show_duration(report.seconds);
  const int cached = report.count(Ending::cached);
  const std::string runs = fmt::format("{} run{}", n, n == 1 ? "" : "s");
  if (cached == n) return fmt::format("{}, all cached, {}", runs, time);
  std::vector<std::string> parts;
  const auto add = [&](int count, const char* what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(report.count(Ending::complete), "done");
  add(report.count(Ending::diverged), "diverged");
  add(cached, "cached");
  add(report.count(Ending::failed), "failed");
  add(report.count(Ending::skipped), "skipped");
  add(report.count(Ending::interrupted), "stopped");
  return fmt::format("{}: {}, {}", runs, join(parts, ", "), time);
}

}  // namespace assay
