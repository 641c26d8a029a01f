// Plans an experiment: text in, runs out. Nothing is started and nothing written; the only things
// read are the file, the catalog beside it, and the content of files and folders that are inputs.
#pragma once
#include "core/plan/catalog.hpp"
#include "core/plan/digests.hpp"
#include "core/plan/plan.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay {

struct ExperimentInput {
  std::string file;
  std::vector<std::string> profiles, overrides;
  std::vector<std::string> stages;  // only these and what they need; empty: all
  std::optional<std::string> text;  // instead of the file's content
};

/// What the machine has; 0 cores or bytes: not known.
struct MachineLimits {
  double cpus = 0;
  int gpus = 0;
  int64_t mem = 0;
};

struct PlanContext {
  /// The schema of a plugin. Throws BadInput (E030 no such plugin, E031, E032 ...), whose messages
  /// get the place of the stage's method.
  std::function<PluginSchema(const std::string& plugin)> schema;
  std::vector<std::string> plugin_names;  // for suggestions
  Digests* digests = nullptr;             // needed when an input is external
  Catalog catalog;
  fs::path data_root = assay::data_root();
  std::optional<MachineLimits> machine;  // nothing: resources are not compared with the machine
  /// Asks the methods' own `check`: for each run one sentence of refusal, or nothing. It is called
  /// once with all runs whose method has a check; runs known to be finished need no answer.
  std::function<std::vector<std::optional<std::string>>(const std::vector<const Run*>&)> check;
  /// Environment variables for ${env:NAME}; by default those of the process.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// Throws BadInput with everything that is wrong with the experiment, in the file's order.
Plan make_plan(const ExperimentInput& input, PlanContext& context);

}  // namespace assay
