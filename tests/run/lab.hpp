// A plan made by hand and a runs folder that goes away: what the tests of the runner stand on.
#pragma once
#include "core/base/sha256.hpp"
#include "core/plan/plan.hpp"
#include "core/run/probe.hpp"
#include "core/run/scheduler.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace assay::testing {

/// Where the test plugins of this build lie.
inline fs::path plugin_file(const std::string& name) {
  return fs::path(ASSAY_TEST_PLUGINS) / (name + ".so");
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "assay-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Remembers what an execution told.
class Recorder : public Observer {
 public:
  void begin(const Plan&, const std::vector<Decision>& d) override { decisions = d; }
  void started(size_t run, const Decision&) override { order.push_back(run); }
  void note(const std::string& text) override { notes.push_back(text); }
  std::vector<Decision> decisions;
  std::vector<size_t> order;
  std::vector<std::string> notes;
};

class Lab {
 public:
  Lab() : Lab(fs::path()) {}
  /// A runs folder that stays.
  explicit Lab(const fs::path& root) : runs(root.empty() ? folder.path() / "runs" : root) {
    plan.name = "tests";
  }

  /// Adds a run of `plugin.method` and returns its index.
  size_t add(const std::string& plugin, const std::string& method, Json params = Json::object(),
             uint64_t seed = 0) {
    if (!known(plugin)) plan.plugins.push_back(probe(plugin_file(plugin), ""));
    Run run;
    run.plugin = plugin;
    run.method = method;
    run.seed = seed;
    run.params = std::move(params);
    for (const auto& p : plan.plugins) {
      if (p.name != plugin) continue;
      if (!p.method(method)) throw std::runtime_error("no method " + method);
      for (const auto& param : p.method(method)->params)
        if (!run.params.contains(param.name)) run.params[param.name] = param.fallback;
    }
    run.canonical = Json{{"method", plugin + "." + method},
                         {"params", run.params},
                         {"seed", seed},
                         {"n", plan.runs.size()}}
                        .dump();
    run.id = sha256(run.canonical).substr(0, 32);
    plan.runs.push_back(run);
    plan.stages.push_back({.name = fmt::format("s{}", plan.runs.size() - 1),
                           .title = "",
                           .plugin = plugin,
                           .method = method});
    plan.points.push_back({plan.stages.back().name, Axes{}, plan.runs.size() - 1});
    return plan.runs.size() - 1;
  }
  void feed(size_t to, const std::string& input, assay_kind kind, size_t from,
            const std::string& port) {
    auto& inputs = plan.runs[to].inputs;
    auto in = std::find_if(inputs.begin(), inputs.end(),
                           [&](const RunInput& known) { return known.name == input; });
    if (in == inputs.end()) {
      inputs.push_back({.name = input, .kind = kind, .many = false, .items = {}});
      in = inputs.end() - 1;
    }
    in->items.push_back({.run = plan.runs[from].id, .port = port, .path = "", .sha256 = ""});
  }
  RunReport run() {
    seen = {};
    return execute(plan, runs, options, seen);
  }
  fs::path path(size_t i) const {
    return runs.folder(plan.runs[i].plugin, plan.runs[i].method, plan.runs[i].id);
  }
  Archive archive(size_t i) const { return Archive(path(i) / "run.h5"); }

  TemporaryFolder folder;
  RunsFolder runs;
  Plan plan;
  ExecuteOptions options;
  Recorder seen;

 private:
  bool known(const std::string& plugin) const {
    for (const auto& p : plan.plugins)
      if (p.name == plugin) return true;
    return false;
  }
};

}  // namespace assay::testing
