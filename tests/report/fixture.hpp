// Runs in memory and a plan over them: what the tests of core/report read instead of archives.
#pragma once
#include "core/report/run_data.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace assay::test {

inline Array real_array(const std::vector<double>& x, std::vector<int64_t> shape = {}) {
  Array a;
  a.dtype = {ASSAY_DT_FLOAT, 64, 1};
  a.shape = shape.empty() ? std::vector<int64_t>{static_cast<int64_t>(x.size())} : shape;
  a.bytes.resize(8 * x.size());
  std::memcpy(a.bytes.data(), x.data(), a.bytes.size());
  return a;
}

inline Array byte_array(const std::vector<unsigned char>& x, std::vector<int64_t> shape) {
  Array a;
  a.dtype = {ASSAY_DT_UINT, 8, 1};
  a.shape = std::move(shape);
  a.bytes.resize(x.size());
  std::memcpy(a.bytes.data(), x.data(), x.size());
  return a;
}

inline Array text_array(std::vector<std::string> x) {
  Array a;
  a.shape = {static_cast<int64_t>(x.size())};
  a.strings = std::move(x);
  return a;
}

/// What one run logged.
struct Logged {
  std::map<std::string, Series> metrics;
  std::map<std::string, Array> arrays;  // by path
  std::map<std::string, std::string> texts;
  Json attributes = {{"state", "complete"}, {"outcome", "ok"}};
  Json provenance = {{"wall_seconds", 1.5}, {"cpu_seconds", 1.25}, {"cpu", "a processor"}};
  RunState state = RunState::complete;
  std::string message, log;

  Logged& metric(const std::string& name, double value) {
    metrics[name] = {{0}, {value}};
    return *this;
  }
};

class MemoryRun : public RunData {
 public:
  explicit MemoryRun(const Logged& logged) : logged_(logged) {}
  std::optional<double> metric(const std::string& name, const std::string& selector,
                               bool lower) override {
    const auto at = logged_.metrics.find(name);
    if (at == logged_.metrics.end() || at->second.values.empty()) return std::nullopt;
    const auto& v = at->second.values;
    if (selector == "last") return v.back();
    const bool least = selector == "min" || (selector == "best" && lower);
    return least ? *std::min_element(v.begin(), v.end()) : *std::max_element(v.begin(), v.end());
  }
  std::optional<Series> series(const std::string& metric) override {
    const auto at = logged_.metrics.find(metric);
    return at == logged_.metrics.end() ? std::nullopt : std::optional(at->second);
  }
  std::optional<Array> array(const std::string& path) override {
    const auto at = logged_.arrays.find(path);
    return at == logged_.arrays.end() ? std::nullopt : std::optional(at->second);
  }
  std::optional<std::string> text(const std::string& name, std::optional<int64_t>) override {
    const auto at = logged_.texts.find(name);
    return at == logged_.texts.end() ? std::nullopt : std::optional(at->second);
  }
  Json attributes() override { return logged_.attributes; }
  Json provenance() override { return logged_.provenance; }

 private:
  const Logged& logged_;
};

class MemoryRuns : public RunSource {
 public:
  std::map<std::string, Logged> runs;  // by id
  int opened = 0;

  RunStatus status(const Run& run) override {
    RunStatus s;
    const auto at = runs.find(run.id);
    if (at == runs.end()) return s;
    s.state = at->second.state;
    s.message = at->second.message;
    s.attempts = 1;
    return s;
  }
  std::unique_ptr<RunData> open(const Run& run) override {
    ++opened;
    return std::make_unique<MemoryRun>(runs.at(run.id));
  }
  std::string log_tail(const Run& run, size_t) override {
    const auto at = runs.find(run.id);
    return at == runs.end() ? "" : at->second.log;
  }
};

/// A plan of plugin "demo" that grows by points.
struct Experiment {
  Plan plan;
  MemoryRuns runs;

  Experiment() {
    plan.file = "demo.toml";
    plan.name = "demo";
    plan.title = "A demonstration";
    PluginSchema plugin;
    plugin.name = "demo";
    plugin.version = "1.0";
    plugin.build = "clang 16";
    plugin.sha256 = std::string(64, 'a');
    plan.plugins.push_back(plugin);
  }

  MethodSchema& method(const std::string& name) {
    plan.plugins[0].methods.push_back({});
    plan.plugins[0].methods.back().name = name;
    return plan.plugins[0].methods.back();
  }

  void stage(const std::string& name, std::vector<std::string> axes) {
    plan.stages.push_back({name, "", "demo", name, std::move(axes)});
  }

  /// A point and its run; returns what it logged, to be filled.
  Logged& add(const std::string& stage_name, Axes axes, const std::string& id = "") {
    Run run;
    const std::string number = std::to_string(plan.runs.size());
    run.id = id.empty() ? std::string(12 - number.size(), '0') + number + std::string(20, 'f') : id;
    run.plugin = "demo";
    run.method = stage_name;
    run.params = Json::object();
    for (const auto& [name, value] : axes)
      if (name == "seed")
        run.seed = value.get<uint64_t>();
      else
        run.params[name] = value;
    Point point{stage_name, std::move(axes), 0};
    for (point.run = 0; point.run < plan.runs.size(); ++point.run)
      if (plan.runs[point.run].id == run.id) break;
    if (point.run == plan.runs.size()) plan.runs.push_back(run);
    plan.points.push_back(point);
    return runs.runs[run.id];
  }
};

inline PortSchema port(const std::string& name, assay_kind kind, uint32_t flags = 0,
                       const std::string& unit = "") {
  PortSchema p;
  p.name = name;
  p.kind = kind;
  p.flags = flags;
  p.unit = unit;
  return p;
}

}  // namespace assay::test
