#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/expansion.hpp"
#include "core/plan/layers.hpp"
#include "core/plan/planner.hpp"
#include "core/plan/report_reader.hpp"
#include "core/plan/toml_reader.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace assay {
namespace {

void read_experiment(const Node& document, Plan& plan, int64_t& max_runs, Findings& findings) {
  const Fields top(document, "the file", findings);
  if (top.require("assay"))
    if (const Node* version = top.node("assay");
        !version->is(Node::Kind::kInteger) || version->integer != 1)
      findings.error(
          "E010",
          version->is(Node::Kind::kInteger)
              ? fmt::format("this file says assay = {}; this program reads 1", version->integer)
              : "\"assay\" must be 1, got " + describe(*version),
          version->place);
  if (!top.require("experiment")) return;
  const Node* table = top.table("experiment");
  if (!table) return;
  const Fields f(*table, "[experiment]", findings, document.entry("experiment")->place);
  f.require("name");
  plan.name = f.text("name");
  if (f.has("name") && f.node("name")->is_string() && !valid_label(plan.name))
    findings.error("E022", "\"" + plan.name + "\" is no name: " + label_rule(), f.place("name"));
  plan.title = f.text("title");
  plan.description = f.text("description");
  plan.paper = f.text("paper");
  plan.authors = f.texts("authors");
  plan.tags = f.texts("tags");
  max_runs = f.whole("max_runs", 10000, 1, 1000000);
}

void read_launcher(const Node& document, Launcher& launcher, Findings& findings) {
  const Node* table = document.find("launcher");
  if (!table || !table->is_table()) return;
  const Fields f(*table, "[launcher]", findings);
  launcher.jobs = static_cast<int>(f.whole("jobs", 0, 0, 100000));
  const Node* env = f.table("env");
  if (!env) return;
  const Fields variables(*env, "env of [launcher]", findings);
  for (const auto& e : env->entries) launcher.env.emplace_back(e.key, variables.loose_text(e.key));
}

/// Leaves the stages of `wanted` and what they need.
void keep_wanted(Stages& stages, const std::vector<std::string>& wanted, Findings& findings) {
  std::set<std::string> keep;
  std::vector<std::string> open;
  for (const auto& name : wanted) {
    if (find_stage(stages, name))
      open.push_back(name);
    else
      findings.error("E140", "no stage \"" + name + "\"", {}, did_you_mean(name, names_of(stages)));
  }
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    const Stage* stage = find_stage(stages, name);
    if (!stage || !keep.insert(name).second) continue;
    for (const auto& input : stage->inputs) open.push_back(input.stage);
    for (const auto& need : stage->needs) open.push_back(need.first);
  }
  std::erase_if(stages, [&](const Stage& s) { return !keep.contains(s.name); });
}

void ask_methods(const Stages& stages, const Plan& plan, PlanContext& context, Findings& findings) {
  if (!context.check) return;
  std::vector<const Run*> asked;
  std::vector<size_t> point_of(plan.runs.size(), plan.points.size());
  for (size_t i = plan.points.size(); i-- > 0;) point_of[plan.points[i].run] = i;
  std::vector<size_t> points;
  for (size_t i = 0; i < plan.runs.size(); ++i)
    if (plan.schema(plan.runs[i]).has_check) {
      asked.push_back(&plan.runs[i]);
      points.push_back(point_of[i]);
    }
  if (asked.empty()) return;
  const auto verdicts = context.check(asked);
  std::map<std::pair<std::string, std::string>, std::pair<size_t, size_t>> refused;
  for (size_t i = 0; i < asked.size() && i < verdicts.size(); ++i)
    if (verdicts[i]) {
      const auto key = std::pair(plan.points[points[i]].stage, *verdicts[i]);
      ++refused.emplace(key, std::pair(points[i], size_t{0})).first->second.second;
    }
  for (const auto& [key, where] : refused) {
    const Point& point = plan.points[where.first];
    const std::string at = axes_text(point.axes);
    findings.error(
        "E106",
        fmt::format("stage \"{}\"{}: {}", key.first, at.empty() ? "" : " at " + at, key.second),
        find_stage(stages, key.first)->method_place,
        where.second > 1 ? fmt::format("so do {} more points", where.second - 1) : "");
  }
}

void warn_unused(const Stages& stages, const std::set<std::string>& reported, Findings& findings) {
  std::set<std::string> used = reported;
  for (const auto& stage : stages) {
    for (const auto& input : stage.inputs) used.insert(input.stage);
    for (const auto& need : stage.needs) used.insert(need.first);
  }
  for (const auto& stage : stages)
    if (stage.enabled && !used.contains(stage.name))
      findings.warn("W201", "stage \"" + stage.name + "\" feeds nothing and no report uses it",
                    stage.place);
}

void read_user_catalog(const fs::path& folder, PlanContext& context, Findings& findings) {
  const fs::path path = folder / "catalog.toml";
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return;
  try {
    context.catalog.read(path);
  } catch (const BadInput& bad) {
    findings.add(bad.messages());
  }
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

Plan make_plan(const ExperimentInput& input, PlanContext& context) {
  Findings findings;
  Plan plan;
  plan.file = input.file;
  Node document = input.text ? parse_toml(*input.text, input.file) : read_toml(input.file);
  const fs::path folder = fs::path(input.file).parent_path();
  if (!input.text) read_user_catalog(folder, context, findings);

  Layers layers{input.profiles, input.overrides, context.environment};
  if (!layers.environment) layers.environment = process_environment;
  resolve_layers(document, layers, findings);

  int64_t max_runs = 10000;
  read_experiment(document, plan, max_runs, findings);
  read_launcher(document, plan.launcher, findings);
  Stages stages = read_stages(document, context, findings);
  for (auto& stage : stages) check_inputs(stages, stage, findings);
  const Stages all = stages;
  if (!input.stages.empty()) keep_wanted(stages, input.stages, findings);
  expand(stages, folder, max_runs, context, plan, findings);

  std::set<std::string> reported;
  plan.report = read_report(document, all, plan, !input.stages.empty(), reported, findings);
  if (!reported.empty()) warn_unused(all, reported, findings);
  std::set<std::string> plugins;
  for (const auto& stage : stages)
    if (stage.plugin && plugins.insert(stage.plugin->name).second)
      plan.plugins.push_back(*stage.plugin);
  if (findings.errors() == 0) ask_methods(stages, plan, context, findings);
  findings.raise();
  plan.flat_toml = to_toml(document);
  plan.warnings = findings.warnings();
  return plan;
}

}  // namespace assay
