#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

class StageReader {
 public:
  StageReader(PlanContext& context, Findings& findings) : context_(context), findings_(findings) {}

  Stage read(const Entry& entry) {
    const size_t errors = findings_.errors();
    const Fields f(entry.value, "stage \"" + entry.key + "\"", findings_, entry.place);
    Stage stage;
    stage.name = entry.key;
    stage.place = entry.place;
    check_name(entry);
    stage.title = f.text("title");
    stage.enabled = f.flag("enabled", true);
    if (entry.value.unresolved) return stage.broken = true, stage;
    if (stage.enabled) {
      read_method(f, stage);
      read_settings(f, stage);
      read_needs(f, stage);
      if (stage.method) {
        read_axes(f, stage, findings_);
        read_inputs(f, stage, findings_);
      }
    }
    stage.broken = findings_.errors() > errors;
    return stage;
  }

 private:
  void check_name(const Entry& entry) {
    static const std::vector<std::string> kTaken = {"file", "dir", "dataset", "model", "run"};
    if (!valid_name(entry.key))
      findings_.error("E022", "\"" + entry.key + "\" is no name of a stage", entry.place,
                      "use lower-case letters, digits and '_', and begin with a letter");
    else if (std::find(kTaken.begin(), kTaken.end(), entry.key) != kTaken.end())
      findings_.error("E022",
                      "a stage cannot be called \"" + entry.key + "\": inputs that begin with " +
                          entry.key + ": come from outside",
                      entry.place);
  }

  void read_method(const Fields& f, Stage& stage) {
    if (!f.require("method")) return;
    const std::string name = f.text("method");
    stage.method_place = f.place("method");
    if (!f.node("method")->is_string()) return;
    const size_t dot = name.find('.');
    if (dot == std::string::npos || !valid_name(name.substr(0, dot)) ||
        !valid_name(name.substr(dot + 1))) {
      findings_.error("E022", "\"method\" must be \"PLUGIN.METHOD\", got \"" + name + "\"",
                      stage.method_place);
      return;
    }
    const auto plugin = plugin_of(name.substr(0, dot), stage.method_place);
    if (!plugin) return;
    stage.method = plugin->method(name.substr(dot + 1));
    stage.plugin = plugin;
    if (stage.method) return;
    std::vector<std::string> known;
    for (const auto& m : plugin->methods) known.push_back(m.name);
    std::string help = did_you_mean(name.substr(dot + 1), known);
    findings_.error("E031",
                    fmt::format("plugin \"{}\" has no method \"{}\"; methods: {}", plugin->name,
                                name.substr(dot + 1), join(known, ", ")),
                    stage.method_place, help);
  }

  /// Asks once for each plugin; a refusal is reported at every stage that names it.
  std::shared_ptr<const PluginSchema> plugin_of(const std::string& name, const Place& place) {
    const auto report = [&](const std::vector<Message>& messages) {
      for (const Message& m : messages) findings_.error(m.code, m.text, place, m.help);
    };
    if (const auto it = refused_.find(name); it != refused_.end())
      return report(it->second), nullptr;
    if (const auto it = plugins_.find(name); it != plugins_.end()) return it->second;
    try {
      auto schema = std::make_shared<const PluginSchema>(context_.schema(name));
      plugins_.emplace(name, schema);
      return schema;
    } catch (const BadInput& error) {
      auto messages = error.messages();
      for (auto& m : messages)
        if (m.code == "E030" && m.help.empty()) m.help = did_you_mean(name, context_.plugin_names);
      report(messages);
      refused_.emplace(name, std::move(messages));
      return nullptr;
    }
  }

  void read_settings(const Fields& f, Stage& stage) {
    if (const Node* table = f.table("resources")) {
      const Fields r(*table, "resources of " + f.what(), findings_);
      if (const auto cpus = r.number("cpus")) {
        stage.resources.cpus = *cpus;
        if (!(*cpus > 0 && *cpus <= 4096)) r.mismatch("cpus", "a number of cores");
      }
      stage.resources.gpus = static_cast<int>(r.whole("gpus", 0, 0, 1024));
      stage.resources.mem = r.size("mem").value_or(0);
      stage.resources.time = r.duration("time").value_or(0);
      check_machine(r, stage);
    }
    if (const Node* table = f.table("retries")) {
      const Fields r(*table, "retries of " + f.what(), findings_);
      stage.retries.max = static_cast<int>(r.whole("max", 0, 0, 1000));
      if (r.has("on")) stage.retries.on = r.texts("on");
      for (const auto& on : stage.retries.on) {
        const std::vector<std::string> known = Retries().on;
        if (std::find(known.begin(), known.end(), on) == known.end())
          findings_.error(
              "E022", fmt::format("\"on\" must be some of {}; got \"{}\"", join(known, ", "), on),
              r.place("on"), did_you_mean(on, known));
      }
    }
    if (const Node* table = f.table("checkpoint"))
      stage.checkpoint_every =
          Fields(*table, "checkpoint of " + f.what(), findings_).duration("every").value_or(0);
    stage.isolate_exec = f.choice("isolate", {"fork", "exec"}, "fork") == "exec";
  }

  void check_machine(const Fields& r, const Stage& stage) {
    if (!context_.machine) return;
    const MachineLimits& m = *context_.machine;
    const Resources& want = stage.resources;
    const auto refuse = [&](const char* key, const std::string& wants, const std::string& has) {
      findings_.error(
          "E170", fmt::format("stage \"{}\" wants {}; this machine has {}", stage.name, wants, has),
          r.place(key));
    };
    if (want.gpus > m.gpus)
      refuse("gpus", fmt::format("{} GPU{}", want.gpus, want.gpus == 1 ? "" : "s"),
             std::to_string(m.gpus));
    if (m.cpus > 0 && want.cpus > m.cpus)
      refuse("cpus", fmt::format("{} cores", want.cpus), fmt::format("{}", m.cpus));
    if (m.mem > 0 && want.mem > m.mem)
      refuse("mem", show_size(static_cast<double>(want.mem)),
             show_size(static_cast<double>(m.mem)));
    if (want.gpus > 0 && stage.method && !(stage.method->flags & ASSAY_USES_GPU))
      findings_.warn("W207",
                     fmt::format("stage \"{}\" asks for a GPU, but \"{}\" does not use one",
                                 stage.name, stage.method_name()),
                     r.place("gpus"));
  }

  void read_needs(const Fields& f, Stage& stage) {
    const Node* node = f.node("needs");
    const auto names = f.texts("needs");
    for (size_t i = 0; i < names.size(); ++i)
      stage.needs.emplace_back(names[i], node->is_array() ? node->items[i].place : node->place);
  }

  PlanContext& context_;
  Findings& findings_;
  std::map<std::string, std::shared_ptr<const PluginSchema>> plugins_;
  std::map<std::string, std::vector<Message>> refused_;
};

}  // namespace

const Stage* find_stage(const Stages& stages, const std::string& name) {
  for (const auto& s : stages)
    if (s.name == name) return &s;
  return nullptr;
}

std::vector<std::string> names_of(const Stages& stages) {
  std::vector<std::string> out;
  for (const auto& s : stages) out.push_back(s.name);
  return out;
}

Stages read_stages(const Node& document, PlanContext& context, Findings& findings) {
  Stages out;
  const Node* table = document.find("stage");
  if (table && !table->is_table()) return out;  // reported with the keys
  if (!table || table->entries.empty()) {
    findings.error("E023", "the file has no stage", document.place,
                   "add [stage.NAME] with method = \"PLUGIN.METHOD\"");
    return out;
  }
  StageReader reader(context, findings);
  for (const auto& e : table->entries) out.push_back(reader.read(e));
  return out;
}

}  // namespace assay
