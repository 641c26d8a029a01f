// A stage between the file and its runs: its parameters, axes, inputs and settings, checked against
// the method it names.
#pragma once
#include "core/plan/expression.hpp"
#include "core/plan/fields.hpp"
#include "core/plan/planner.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace assay {

/// A value for the parameter with this index in the method's schema.
using Assignment = std::pair<size_t, Json>;

struct AxisPoint {
  Json value;                    // shown, compared and joined by
  std::vector<Assignment> sets;  // empty for seeds
};
struct Axis {
  std::string name;
  Place place;
  std::vector<AxisPoint> points;
};

/// Removes the points for which all of it matches.
struct ExcludeRule {
  Place place;
  std::optional<Expression> condition;
  std::string condition_text;
  Place condition_place;
  std::vector<std::pair<std::string, std::vector<Json>>> matches;
};

/// One input of a stage, as written: from a stage, gathered or not, or from outside.
struct InputSpec {
  std::string name, text;
  Place place;
  const PortSchema* port = nullptr;  // of the method
  std::string stage, from;           // upstream; `from`: its port with the selector
  std::string scheme, path;          // outside: "file", "dir", "dataset", "model"
  bool gathered = false, over_all = false, skip_missing = false;
  std::vector<std::string> over;
  Place over_place;
};

struct Stage {
  std::string name, title;
  Place place, method_place;
  bool enabled = true;
  bool broken = false;  // it has errors that make its expansion meaningless
  std::shared_ptr<const PluginSchema> plugin;
  const MethodSchema* method = nullptr;
  std::vector<Json> params;  // by the schema's order; null where an axis sets it
  std::vector<Axis> axes;    // cases, zips, grid; seeds last
  std::vector<ExcludeRule> exclude;
  std::vector<InputSpec> inputs;
  std::vector<std::pair<std::string, Place>> needs;
  Resources resources;
  Retries retries;
  double checkpoint_every = 30;
  bool isolate_exec = false;

  std::string method_name() const { return plugin->name + "." + method->name; }
  bool seedless() const { return method->flags & ASSAY_SEEDLESS; }
};

using Stages = std::vector<Stage>;
const Stage* find_stage(const Stages& stages, const std::string& name);
std::vector<std::string> names_of(const Stages& stages);

/// Equal for values that count as the same when axes join: 1 and 1.0, but not 1 and "1".
std::string join_key(const Json& value);

/// stage.cpp: reads [stage.*] after the layers are resolved.
Stages read_stages(const Node& document, PlanContext& context, Findings& findings);
/// axes.cpp: params, cases, zips, grid, seeds and exclude of one stage.
void read_axes(const Fields& fields, Stage& stage, Findings& findings);
/// inputs.cpp: inputs and gather, as far as they can be read without other stages.
void read_inputs(const Fields& fields, Stage& stage, Findings& findings);
/// inputs.cpp: every input against the stage and port it comes from.
void check_inputs(const Stages& stages, Stage& stage, Findings& findings);
/// outside.cpp: finds an external input and its digest; false with an error when it is not there.
bool find_outside(const InputSpec& input, const fs::path& folder, PlanContext& context,
                  Source& source, Findings& findings);

}  // namespace assay
