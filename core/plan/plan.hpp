// A plan: every run of an experiment with its identity, and where each belongs. The result of
// planning is data; everything after it (launching, archives, reports) reads only this.
#pragma once
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/plan/report_spec.hpp"
#include "core/plan/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay {

struct Resources {
  double cpus = 1;  // cores; whole in practice
  int gpus = 0;     // whole
  int64_t mem = 0;  // bytes of anonymous memory; 0: not limited
  double time = 0;  // seconds; 0: not limited
};

struct Retries {
  int max = 0;
  std::vector<std::string> on = {"crash", "oom", "timeout", "node"};
};

/// Where one item of an input comes from: an upstream run, or a path outside.
struct Source {
  std::string run;           // 32 hex digits, or ""
  std::string port;          // of the upstream run, with its selector: "model@step=300", "results"
  std::string path, sha256;  // of an external file or folder
};

struct RunInput {
  std::string name;
  assay_kind kind = 0;  // of the method's port
  bool many = false;
  bool skip_missing = false;  // of a gathered input: go on without the items that failed
  std::vector<Source> items;
};

/// One method with resolved parameters, inputs and seed. (Not "cell", "job", "trial".)
struct Run {
  std::string id;              // 32 hex digits
  std::string plugin, method;  // "ssft", "learn"
  Json params;                 // object: every parameter of the schema, by its name, canonical type
  uint64_t seed = 0;
  std::vector<RunInput> inputs;
  std::vector<std::string> needs;  // ids of runs that only have to come first
  std::string canonical;           // the bytes whose SHA-256 begins with `id`
  Resources resources;
  Retries retries;
  double checkpoint_every = 30;  // seconds; 0: only before a deadline
  bool isolate_exec = false;
  std::string short_id() const { return id.substr(0, 12); }
  /// "<plugin>/<method>-<12 hex>", relative to the runs folder.
  std::string folder() const { return plugin + "/" + method + "-" + short_id(); }
  /// Ids of all upstream runs: of inputs and needs.
  std::vector<std::string> upstream() const;
};

using Axes = std::vector<std::pair<std::string, Json>>;  // in the file's order, seed last

/// A point of a stage's grid. Several points may share one run.
struct Point {
  std::string stage;
  Axes axes;
  size_t run = 0;  // index into Plan::runs
  const Json* axis(const std::string& name) const;
  std::string label() const;  // "learn:noise=0.1,seed=2"
};

struct StageInfo {
  std::string name, title, plugin, method;
  std::vector<std::string> axes;  // in order
};

struct Launcher {
  int jobs = 0;  // 0: as many as the cores allow
  std::vector<std::pair<std::string, std::string>> env;
};

struct Plan {
  std::string file;  // the experiment file as given
  std::string name, title, description, paper;
  std::vector<std::string> authors, tags;
  std::string flat_toml;  // profiles, overrides and variables applied
  std::vector<StageInfo> stages;
  std::vector<Run> runs;  // in plan order: upstream before downstream
  std::vector<Point> points;
  std::vector<PluginSchema> plugins;  // those it uses
  ReportSpec report;
  Launcher launcher;
  std::vector<Message> warnings;
  std::string id() const;  // SHA-256 of its name and the ids of its runs, 32 hex digits
  const Run* find(const std::string& run_id) const;
  const MethodSchema& schema(const Run& run) const;
  const PluginSchema& plugin(const Run& run) const;
  /// The value of an axis of the point, else of a parameter of its run; null when it has neither.
  const Json* value(const Point& point, const std::string& name) const;
};

/// The points of a stage for which the expression `where` ("" for all) holds, in plan order. Names
/// are axes, then parameters. Throws ExpressionError.
std::vector<const Point*> select_points(const Plan& plan, const std::string& stage,
                                        const std::string& where);

Json to_json(const Plan& plan);
Plan plan_from_json(const Json& document);  // throws BadInput

}  // namespace assay
